import { expect, test } from 'vitest';
import { afterKept } from '../../../renderer/settings/use-kept.js';

test('a slider that has moved on stays where it is while its own earlier places come back', () => {
  const moved = { kept: 2, value: 5, sent: ['3', '4', '5'] };
  const later = afterKept(moved, 3);
  expect(later).toEqual({ kept: 3, value: 5, sent: ['4', '5'] });
  // Main may have told only the last of several.
  expect(afterKept(later, 5)).toEqual({ kept: 5, value: 5, sent: [] });
});

test('what was changed elsewhere is taken over', () => {
  expect(afterKept({ kept: 2, value: 5, sent: [] }, 7)).toEqual({ kept: 7, value: 7, sent: [] });
  expect(afterKept({ kept: null, value: null, sent: ['4'] }, 8)).toEqual({ kept: 8, value: 8, sent: [] });
});
