import { expect, test } from 'vitest';
import { firstDifference } from '../../../renderer/chat/first-difference.js';

const branch = (ids: string): { id: string }[] => Array.from(ids, (id) => ({ id }));

test('two branches part where their messages differ, or where the shorter one ends', () => {
  expect(firstDifference(branch('abcd'), branch('abxyz'))).toBe(2);
  expect(firstDifference(branch('ab'), branch('abxyz'))).toBe(2);
  expect(firstDifference(branch('abcd'), branch('ab'))).toBe(2);
  expect(firstDifference(branch('ab'), branch('ab'))).toBe(2);
  expect(firstDifference(branch('ab'), branch('xy'))).toBe(0);
});
