import { expect, test } from 'vitest';
import { prefixed } from '../../../main/chat-calls.js';

test('the prefix stands before every message of the person and before nothing else', () => {
  const turns = [
    { role: 'system' as const, content: 'Be brief.' }, { role: 'user' as const, content: 'One' },
    { role: 'assistant' as const, content: 'Two' }, { role: 'user' as const, content: 'Three' },
  ];
  expect(prefixed(turns, 'Q: ').map(({ content }) => content)).toEqual(['Be brief.', 'Q: One', 'Two', 'Q: Three']);
  expect(prefixed(turns, '')).toEqual(turns);
});
