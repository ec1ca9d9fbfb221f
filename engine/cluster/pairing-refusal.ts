import { HearthError, ClusterFailedError } from '../errors.js';
import { cutToFit, type Code } from '../saying.js';
import type { Link } from '../wire/link.js';

type PairingRefusal = Extract<Code, `PAIRING_${string}`>;

/** Ends a pairing: tells the other end why, and throws the same. */
export function refuse(link: Link, code: PairingRefusal, sentence: string): never {
  const error = new ClusterFailedError(code, sentence);
  sendRefusal(link, error);
  throw error;
}

/** Tells the other end why, and closes; on a link that is closed already nothing happens. */
export function sendRefusal(link: Link, error: unknown): void {
  if (error instanceof HearthError) link.send('refused', cutToFit(error));
  link.close(error as Error);
}
