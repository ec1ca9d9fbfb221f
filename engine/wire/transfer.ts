import { z } from 'zod';

const bytes = z.number().min(0);

/** How far a laptop's share of the weights is on its way to it. */
export const transferShape = z.strictObject({
  /** Cut from the model on its own disk, for itself and perhaps for others; fetched from them; read from its disk into memory. */
  step: z.enum(['cutting', 'fetching', 'loading']),
  doneBytes: bytes,
  totalBytes: bytes,
  /** Over the last few seconds; 0 until it is known. */
  bytesPerSecond: bytes,
  /** At that rate; null until it is known. */
  secondsLeft: z.number().min(0).nullable(),
});

export type Transfer = z.infer<typeof transferShape>;
export type TransferStep = Transfer['step'];

/** A step of it, as a meter shows it. */
export function transferOf(step: TransferStep, { doneBytes, totalBytes, bytesPerSecond, secondsLeft }: Omit<Transfer, 'step'>): Transfer {
  // A file that did not arrive whole is fetched anew, and takes its bytes back.
  return { step, doneBytes, totalBytes, bytesPerSecond: Math.max(0, bytesPerSecond), secondsLeft };
}
