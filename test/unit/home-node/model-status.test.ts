import { describe, expect, test } from 'vitest';
import type { ClusterPlan } from '../../../engine/cluster/plan.js';
import { afterEvent, factsOf, secondsPerSum, statusOf } from '../../../engine/home-node/model-status.js';
import { homeStatusShape } from '../../../engine/wire/home-status.js';
import { transferOf, type Transfer } from '../../../engine/wire/transfer.js';

const sums = (allreduces: number, milliseconds: number) => ({ allreduces, allreduce_ms: milliseconds });

test('the time of one sum is that of the sums since the last report', () => {
  expect(secondsPerSum(undefined, sums(10, 20))).toBeCloseTo(0.002);
  expect(secondsPerSum(sums(10, 20), sums(14, 28))).toBeCloseTo(0.002);
});

test('without sums there is no time, and a shard that was loaded anew counts from nothing', () => {
  expect(secondsPerSum(undefined, sums(0, 0))).toBeNull();
  expect(secondsPerSum(sums(10, 20), sums(10, 20))).toBeNull();
  expect(secondsPerSum(sums(100, 200), sums(4, 4))).toBeCloseTo(0.001);
});

describe('What is on its way to a laptop', () => {
  const [kitchen, attic] = ['KITCHEN', 'ATTIC'].map((name) => `${name}-`.padEnd(63, 'A'));
  const plan = {
    why: 'Both are needed.', secondsPerToken: 1,
    nodes: [kitchen, attic].map((deviceId) => (
      { deviceId, share: { kvHeads: 1, ffnColumns: 64 }, window: { kind: 'off' }, predictedBytes: 1e9 })),
  } as unknown as ClusterPlan;
  const planned = afterEvent(factsOf('A model'), { kind: 'planned', plan }, false);
  const transfer = (doneBytes: number): Transfer => ({ step: 'fetching', doneBytes, totalBytes: 100, bytesPerSecond: 20, secondsLeft: (100 - doneBytes) / 20 });
  const told = (facts: typeof planned) => statusOf(facts).laptops.map((laptop) => laptop.transfer);

  test('is told to all screens, of each laptop by itself, until it is there', () => {
    const begun = afterEvent(planned, { kind: 'transfer', deviceId: attic!, transfer: transfer(40) }, false);
    expect(told(begun)).toEqual([null, transfer(40)]);
    const both = afterEvent(begun, { kind: 'transfer', deviceId: kitchen!, transfer: transfer(10) }, false);
    expect(told(both)).toEqual([transfer(10), transfer(40)]);
    const one = afterEvent(both, { kind: 'transfer', deviceId: attic!, transfer: transfer(100) }, false);
    expect(told(one)).toEqual([transfer(10), null]);
    expect(homeStatusShape.shape.laptops.element.shape.transfer.safeParse(told(one)[0]).success).toBe(true);
  });

  test('is nothing any more once all is in place, or is planned anew', () => {
    const begun = afterEvent(planned, { kind: 'transfer', deviceId: attic!, transfer: transfer(40) }, false);
    for (const event of [{ kind: 'ready', plan, seconds: 1 }, { kind: 'planned', plan }, { kind: 'resumed', seconds: 1 }] as const) {
      expect(told(afterEvent(begun, event, false))).toEqual([null, null]);
    }
  });

  test('never goes backwards in rate, so that it may travel', () => {
    expect(transferOf('fetching', { doneBytes: 5, totalBytes: 10, bytesPerSecond: -3, secondsLeft: null }).bytesPerSecond).toBe(0);
  });
});
