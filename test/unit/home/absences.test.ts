import { expect, test } from 'vitest';
import type { Offer } from '../../../engine/cluster/plan.js';
import { Absences } from '../../../engine/home/absences.js';

const offers = (...ids: string[]): Offer[] => ids.map((deviceId) => ({ deviceId }) as Offer);
const ids = (of: readonly Offer[]): string[] => of.map(({ deviceId }) => deviceId);

test('a lost laptop is not asked until it is known to be gone, or ten seconds have passed', () => {
  const absences = new Absences();
  expect(absences.lost('b', 1_000)).toBe(10_000);
  expect(ids(absences.present(offers('master', 'a', 'b'), 2_000))).toEqual(['master', 'a']);
  expect(ids(absences.present(offers('master', 'a', 'b'), 10_999))).toEqual(['master', 'a']);
  expect(ids(absences.present(offers('master', 'a', 'b'), 11_000))).toEqual(['master', 'a', 'b']);
});

test('a laptop that was seen to leave is asked as soon as it is back', () => {
  const absences = new Absences();
  absences.lost('b', 0);
  absences.present(offers('master', 'a'), 10);
  expect(ids(absences.present(offers('master', 'a', 'b'), 20))).toEqual(['master', 'a', 'b']);
});

test('a laptop that fails again and again is asked more and more rarely, until it has served', () => {
  const absences = new Absences();
  expect([1, 2, 3, 4, 5, 6, 7, 8].map(() => absences.lost('b', 0))).toEqual(
    [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000],
  );
  absences.served('b');
  expect(absences.lost('b', 0)).toBe(10_000);
});

test('the master is always there', () => {
  const absences = new Absences();
  absences.lost('master', 0);
  expect(ids(absences.present(offers('master'), 1))).toEqual(['master']);
});
