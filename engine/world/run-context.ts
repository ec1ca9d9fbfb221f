import { InterruptedError } from '../errors.js';
import type { Placement } from './placement.js';

type Runner = Pick<Placement, 'settings'> & { shard: Pick<Placement['shard'], 'pass'> };

/**
 * Runs all of `tokens` from position 0, in passes as long as the placement allows; afterwards its logits are those of the
 * last `logitRows` tokens. Rejects with InterruptedError between two passes when `signal` aborts.
 */
export async function runContext(
  { settings, shard }: Runner, tokens: readonly number[], logitRows: number, signal?: AbortSignal,
): Promise<void> {
  // The last pass must be long enough for the rows that are wanted.
  const tail = Math.max(1, logitRows);
  for (let done = 0; done < tokens.length; ) {
    if (signal?.aborted === true) throw new InterruptedError();
    const left = tokens.length - done;
    const most = Math.min(settings.tokensPerPass, left);
    const length = left > most && left - most < tail ? left - tail : most;
    await shard.pass(tokens.slice(done, done + length), done, done + length === tokens.length ? logitRows : 0);
    done += length;
  }
}
