import type { HomeView } from '../../main/bridge-shapes/home.js';

/** How the home worked at one moment; null for what was not known. */
export interface HomeSample {
  /** Milliseconds since 1970. */
  at: number;
  /** Of the last answer. */
  tokensPerSecond: number | null;
  /** Of one sum over all laptops, in the last answer, as the laptop that leads sees it. */
  allReduceMs: number | null;
  /** There and back to the farthest laptop. */
  roundTripMs: number | null;
}

const mostSamples = 240;
/** Moments that differ in nothing are noted this far apart (ms). */
const quietMs = 5_000;

/** What a chart needs of a home. Pure. */
export function sampleOf({ model, laptops }: HomeView, at: number): HomeSample {
  const perToken = model?.secondsPerToken.measured ?? null;
  const perSum = laptops.find(({ role }) => role === 'master')?.allReduceSeconds ?? null;
  const trips = laptops.flatMap(({ present, roundTripMs }) => (present && roundTripMs !== null ? [roundTripMs] : []));
  return {
    at,
    tokensPerSecond: perToken === null || perToken === 0 ? null : 1 / perToken,
    allReduceMs: perSum === null ? null : perSum * 1000,
    roundTripMs: trips.length === 0 ? null : Math.max(...trips),
  };
}

/** The history with one more moment, where that says something new. Pure. */
export function withSample(history: readonly HomeSample[], sample: HomeSample): readonly HomeSample[] {
  const last = history.at(-1);
  const same = last !== undefined && last.tokensPerSecond === sample.tokensPerSecond && last.allReduceMs === sample.allReduceMs
    && last.roundTripMs === sample.roundTripMs;
  return same && sample.at - last.at < quietMs ? history : [...history, sample].slice(-mostSamples);
}
