import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LoopSpin } from '../../../engine/collective/loop-spin.js';

/** A spin of 100 us whose clock stands still unless it is moved, and how often it looks at it. */
function makeSpin() {
  const clock = { ms: 0, looks: 0 };
  const spin = new LoopSpin(100, () => {
    clock.looks += 1;
    return clock.ms;
  });
  const looksOfOneWait = async (passes = 0): Promise<number> => {
    clock.looks = 0;
    spin.start();
    clock.ms += passes;
    for (let turns = 0; turns < 6; turns += 1) await turn();
    const { looks } = clock;
    spin.stop();
    await turn();
    await turn();
    return looks;
  };
  return { looksOfOneWait };
}

test('A wait polls until it ends or its time is up', async () => {
  const { looksOfOneWait } = makeSpin();
  expect(await looksOfOneWait()).toBeGreaterThan(4);
  // Its 100 us are over at the first turn.
  expect(await looksOfOneWait(0.2)).toBeLessThan(4);
  expect(await looksOfOneWait()).toBeGreaterThan(4);
});

test('After a lost core the next waits sleep at once, more of them each time', async () => {
  const { looksOfOneWait } = makeSpin();
  const restAfterLoss = async (): Promise<number> => {
    await looksOfOneWait(5);
    let rest = 0;
    while ((await looksOfOneWait()) === 0) rest += 1;
    return rest;
  };
  expect(await restAfterLoss()).toBe(64);
  expect(await restAfterLoss()).toBeGreaterThan(100);
});
