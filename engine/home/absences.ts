import type { Offer } from '../cluster/plan.js';

/** Twice as long as it takes to notice that a laptop fell silent: nobody is asked to come who may not be there any more. */
const firstMs = 10_000;
const longestMs = 600_000;

interface Absence {
  /** Milliseconds of the clock that the caller passes in. */
  until: number;
  times: number;
}

/**
 * Which laptops are not asked to take part for now, since they were just lost or could not: each for ten seconds, and twice
 * as long every further time, unless it is known to have left and come back. Pure: the time is passed in.
 */
export class Absences {
  readonly #absent = new Map<string, Absence>();

  /** @returns milliseconds until it may be asked again. */
  lost(deviceId: string, now: number): number {
    const times = (this.#absent.get(deviceId)?.times ?? 0) + 1;
    const pause = Math.min(longestMs, firstMs * 2 ** (times - 1));
    this.#absent.set(deviceId, { until: now + pause, times });
    return pause;
  }

  /** An answer was finished with its help. */
  served(deviceId: string): void {
    this.#absent.delete(deviceId);
  }

  /** Those of `offers` that may be asked; the first is the master, who always may. */
  present(offers: readonly Offer[], now: number): Offer[] {
    const here = new Set(offers.map(({ deviceId }) => deviceId));
    // Whoever is known to be gone comes back as a laptop like any other.
    for (const deviceId of this.#absent.keys()) if (!here.has(deviceId)) this.#absent.delete(deviceId);
    return offers.filter(({ deviceId }, index) => index === 0 || (this.#absent.get(deviceId)?.until ?? -Infinity) <= now);
  }
}
