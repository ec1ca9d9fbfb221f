import { expect, test } from 'vitest';
import type { HomeView, LaptopView } from '../../../main/bridge-shapes/home.js';
import { sampleOf, withSample } from '../../../renderer/stores/home-history.js';

const laptop = (changes: Partial<LaptopView>): LaptopView => ({
  deviceId: 'd', name: 'laptop', isSelf: false, present: true, role: 'helper', paused: false, capacity: null, address: null, roundTripMs: null,
  bytesPerSecond: null, share: null, window: null, predictedBytes: null, measuredBytes: null, allReduceSeconds: null, transfer: null,
  problem: null, ...changes,
});
const home = (measured: number | null, laptops: LaptopView[]): HomeView => ({
  self: 'd', role: 'master', master: 'd', pinned: null, laptops, nearby: [], problems: [],
  model: {
    name: 'm', phase: 'ready', why: [], secondsPerToken: { predicted: 1, measured }, problem: null, queued: 0,
  },
});

test('a moment of the home: its speed, its sums, and the slowest link of those that are there', () => {
  const laptops = [laptop({ role: 'master', allReduceSeconds: 0.002 }), laptop({ roundTripMs: 2, allReduceSeconds: 0.009 }), laptop({ roundTripMs: 7 }), laptop({ roundTripMs: 90, present: false }), laptop({})];
  expect(sampleOf(home(0.25, laptops), 5)).toEqual({ at: 5, tokensPerSecond: 4, allReduceMs: 2, roundTripMs: 7 });
  expect(sampleOf({ ...home(null, []), model: null }, 5)).toEqual({ at: 5, tokensPerSecond: null, allReduceMs: null, roundTripMs: null });
});

test('what changes is noted at once, what stays the same now and then, and old moments are forgotten', () => {
  const at = (time: number, tokensPerSecond: number) => ({ at: time, tokensPerSecond, allReduceMs: null, roundTripMs: null });
  let history = withSample([], at(0, 1));
  expect(withSample(history, at(100, 1))).toBe(history);
  history = withSample(history, at(100, 2));
  expect(withSample(history, at(6_000, 2))).toHaveLength(3);
  for (let moment = 0; moment < 1_000; moment++) history = withSample(history, at(moment, moment));
  expect(history).toHaveLength(240);
  expect(history.at(-1)!.tokensPerSecond).toBe(999);
});
