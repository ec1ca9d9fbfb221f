import type { ModelDoesNotFitError } from '../cluster/plan-refusal.js';
import { ClusterFailedError } from '../errors.js';

/** A laptop that was lost, for a person. */
export interface LostLaptop {
  readonly deviceId: string;
  readonly name: string;
  /** A sentence. */
  readonly why: string;
}

/** Without a laptop that left, the others cannot hold the model. What was shown of an answer stands. */
export class NoLongerFitsError extends ClusterFailedError {
  readonly missingBytes: number;
  readonly laptopBytes: number | null;

  constructor(readonly lost: LostLaptop, cause: ModelDoesNotFitError) {
    const why = lost.why.replace(/\.$/, '');
    super('MODEL_NO_LONGER_FITS', `${lost.name} was lost (${why}). Without it, ${cause.message}`, {
      cause, values: { name: lost.name, because: [cause.because] },
    });
    this.missingBytes = cause.missingBytes;
    this.laptopBytes = cause.laptopBytes;
  }
}

/** Why a node was lost, without its number, which means nothing to a person. */
export function whyLost(cause: unknown): string {
  const sentence = cause instanceof Error ? cause.message : String(cause);
  return sentence.replace(/^Node \d+ (was lost|cannot take part): /, '');
}
