import { expect, test } from 'vitest';
import { beginAnswer, hearAnswer, noAnswer } from '../../../renderer/chat/answer-view.js';

const first = beginAnswer(noAnswer);

test('The view gathers the text of an answer until it ends', () => {
  const half = hearAnswer(first, { type: 'text', answer: 1, text: 'Hel' });
  const whole = hearAnswer(half, { type: 'text', answer: 1, text: 'lo' });
  expect(whole).toEqual({ answer: 1, text: 'Hello', running: true, failure: null });
  expect(hearAnswer(whole, { type: 'end', answer: 1, reason: 'finished' }).running).toBe(false);
});

test('A failure keeps what was said and adds the sentence', () => {
  const said = hearAnswer(first, { type: 'text', answer: 1, text: 'Hel' });
  const failed = hearAnswer(said, { type: 'failed', answer: 1, code: 'ENGINE_CRASHED', sentence: 'Ask again.' });
  expect(failed).toEqual({ answer: 1, text: 'Hel', running: false, failure: 'Ask again.' });
});

test('Late pieces of an earlier answer do not show up in the next', () => {
  const second = beginAnswer(first);
  expect(hearAnswer(second, { type: 'text', answer: 1, text: 'late' })).toBe(second);
});
