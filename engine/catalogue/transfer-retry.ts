import { setTimeout as sleep } from 'node:timers/promises';
import type { Saying } from '../saying.js';

/** How patient a transfer is. Times in milliseconds. */
export interface Pacing {
  /** Without a byte for this long, a connection counts as lost. */
  stallMs: number;
  /** Failures in a row, without anything new having arrived, after which it gives up. */
  attempts: number;
  /** Pause after the first failure; doubles with each further one, up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
}

export const defaultPacing: Pacing = { stallMs: 30_000, attempts: 6, firstPauseMs: 500, longestPauseMs: 8000 };
const longestServerPauseMs = 60_000;

/** A failure that may pass by itself: a lost connection, a busy server. */
export class TransientError extends Error {
  constructor(
    /** Part of a sentence, after "because": `the connection was lost`. */
    readonly reason: Saying,
    /** The pause that the server asked for, in milliseconds; 0 if none. */
    readonly serverPauseMs = 0,
  ) {
    super(reason.sentence);
    this.name = 'TransientError';
  }
}

export interface RetryOptions {
  pacing: Pacing;
  /** True if something new has arrived since the last call: patience starts afresh. */
  progressed?: () => boolean;
  signal?: AbortSignal | undefined;
  /** Told before each pause. */
  onPause?: ((reason: string, pauseMs: number) => void) | undefined;
}

/** Repeats `attempt` after each {@link TransientError}, with growing pauses; others and the last one pass through. */
export async function retrying<Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { pacing, signal } = options;
  for (let failures = 1; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (options.progressed?.()) failures = 1;
      if (failures >= pacing.attempts) throw error;
      const ownPause = Math.min(pacing.longestPauseMs, pacing.firstPauseMs * 2 ** (failures - 1));
      const pauseMs = Math.max(ownPause, Math.min(error.serverPauseMs, longestServerPauseMs));
      options.onPause?.(error.message, pauseMs);
      await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}
