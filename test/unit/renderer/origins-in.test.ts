import { expect, it } from 'vitest';
import { originsIn } from '../../../renderer/settings/origins-in.js';

it('finds the origins that a person wrote, in whatever way', () => {
  expect(originsIn(' http://localhost:3000/page?x, https://App.example  nonsense localhost:1, ,null')).toEqual([
    'http://localhost:3000', 'https://app.example',
  ]);
  expect(originsIn('')).toEqual([]);
});
