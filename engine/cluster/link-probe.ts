import { performance } from 'node:perf_hooks';
import { probeBytes } from '../wire/messages.js';
import type { BodyOf } from '../wire/messages.js';

/** What a link gives, as measured. */
export interface LinkFigures {
  /** There and back, small message: the best of the last few. */
  readonly roundTripMs: number;
  /** Null until it was measured. */
  readonly bytesPerSecond: number | null;
}

const firstPings = 8;
const probes = 3;
const keptPings = 16;
/** A probe that seems to have taken no time at all took at least this long (ms). */
const leastMs = 0.05;
/** A ping that has not come back for this long is given up; the link's silence is for others to notice. */
const patienceMs = 3_000;

/**
 * Measures one link: a few small pings, then a few long ones whose extra time is what their bytes took; after that one
 * small ping each time it is asked. Needs `now` in milliseconds; sends through `send`.
 */
export class LinkProbe {
  readonly #roundTrips: number[] = [];
  #bytesPerSecond: number | null = null;
  #sent: { number: number; at: number; long: boolean } | null = null;
  #number = 0;
  #probesDone = 0;
  #asked = 0;

  constructor(
    private readonly send: (ping: BodyOf<'ping'>) => void,
    private readonly onMeasured: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get figures(): LinkFigures | null {
    if (this.#roundTrips.length === 0) return null;
    return { roundTripMs: Math.min(...this.#roundTrips), bytesPerSecond: this.#bytesPerSecond };
  }

  /** How often it was asked to measure. */
  get asked(): number {
    return this.#asked;
  }

  /** Begins, or measures the round trip once more. One ping is on its way at a time. */
  ask(): void {
    this.#asked += 1;
    if (this.#sent !== null && this.now() - this.#sent.at < patienceMs) return;
    this.#ping(false);
  }

  hear({ number }: BodyOf<'pong'>): void {
    const sent = this.#sent;
    if (sent?.number !== number) return;
    this.#sent = null;
    const tookMs = Math.max(leastMs, this.now() - sent.at);
    if (sent.long) this.#measured(tookMs);
    else this.#keep(tookMs);
    if (this.#number < firstPings) this.#ping(false);
    else if (this.#probesDone < probes) this.#ping(true);
    else this.onMeasured();
  }

  #keep(tookMs: number): void {
    this.#roundTrips.push(tookMs);
    if (this.#roundTrips.length > keptPings) this.#roundTrips.shift();
  }

  #measured(tookMs: number): void {
    this.#probesDone += 1;
    const bytesMs = Math.max(leastMs, tookMs - Math.min(...this.#roundTrips));
    this.#bytesPerSecond = Math.max(this.#bytesPerSecond ?? 0, (probeBytes * 1000) / bytesMs);
  }

  #ping(long: boolean): void {
    this.#number += 1;
    this.#sent = { number: this.#number, at: this.now(), long };
    this.send({ number: this.#number, padding: long ? padding : '' });
  }
}

const padding = '0'.repeat(probeBytes);
