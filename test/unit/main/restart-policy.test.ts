import { expect, test } from 'vitest';
import { restartDelay } from '../../../main/restart-policy.js';

const policy = { ends: 3, withinMs: 1000, firstDelayMs: 10 };

test('A process that ended once is started again soon, and later each time it ends shortly after', () => {
  expect(restartDelay(policy, [5000])).toBe(10);
  expect(restartDelay(policy, [5000, 5100])).toBe(20);
  expect(restartDelay(policy, [5000, 5100, 5200])).toBe(40);
});

test('A process that keeps ending is given up', () => {
  expect(restartDelay(policy, [5000, 5100, 5200, 5300])).toBeNull();
});

test('Ends of long ago are forgiven', () => {
  expect(restartDelay(policy, [1000, 1100, 1200, 5000])).toBe(10);
});
