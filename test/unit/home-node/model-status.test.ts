import { expect, test } from 'vitest';
import { secondsPerSum } from '../../../engine/home-node/model-status.js';

const sums = (allReduces: number, waitMs: number, wireMs: number) => ({ allReduces, allReduceWaitMs: waitMs, allReduceWireMs: wireMs });

test('the time of one sum is that of the sums since the last report', () => {
  expect(secondsPerSum(null, sums(10, 15, 5))).toBeCloseTo(0.002);
  expect(secondsPerSum(sums(10, 15, 5), sums(14, 20, 8))).toBeCloseTo(0.002);
});

test('without sums there is no time, and a shard that was loaded anew counts from nothing', () => {
  expect(secondsPerSum(null, sums(0, 0, 0))).toBeNull();
  expect(secondsPerSum(sums(10, 15, 5), sums(10, 15, 5))).toBeNull();
  expect(secondsPerSum(sums(100, 150, 50), sums(4, 3, 1))).toBeCloseTo(0.001);
});
