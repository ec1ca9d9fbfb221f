import { describe, expect, test } from 'vitest';
import { isWorthMoving } from '../../../engine/home/plan-change.js';

const plan = (secondsPerToken: number, ...ids: string[]) => ({ secondsPerToken, nodes: ids.map((deviceId) => ({ deviceId })) });
const here = (...ids: string[]) => ids.map((deviceId) => ({ deviceId }));

describe('the weights move', () => {
  test('when a laptop that holds some is not there any more', () => {
    expect(isWorthMoving(plan(1, 'm', 'a'), plan(3, 'm'), here('m'))).toBe(true);
  });
  test('when another laptop makes tokens a tenth faster', () => {
    expect(isWorthMoving(plan(1, 'm', 'a'), plan(0.89, 'm', 'a', 'b'), here('m', 'a', 'b'))).toBe(true);
  });
});

describe('the weights stay', () => {
  test('when another laptop would hardly make a difference', () => {
    expect(isWorthMoving(plan(1, 'm', 'a'), plan(0.95, 'm', 'a', 'b'), here('m', 'a', 'b'))).toBe(false);
  });
  test('when only what the same laptops offer has changed', () => {
    expect(isWorthMoving(plan(1, 'm', 'a'), plan(0.2, 'm', 'a'), here('m', 'a'))).toBe(false);
  });
});
