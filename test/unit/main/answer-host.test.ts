import { expect, test } from 'vitest';
import { AnswerHost } from '../../../main/answer-host.js';
import type { AnsweringEngine, AnswerPiece } from '../../../main/answering-engine.js';
import type { AnswerEvent } from '../../../main/bridge.js';

/** An engine that says the prompt's words, one piece each, and waits for the signal after the word "wait". */
const wordEngine: AnsweringEngine = {
  async *answer(prompt, signal): AsyncGenerator<AnswerPiece> {
    for (const word of prompt.split(' ')) {
      if (word === 'fail') throw new Error('out of words');
      yield { type: 'text', text: word };
      if (word === 'wait') await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (signal.aborted) return yield { type: 'end', reason: 'stopped' };
    }
    yield { type: 'end', reason: 'finished' };
  },
  close: () => Promise.resolve(),
};

function host(open: () => Promise<AnsweringEngine> = () => Promise.resolve(wordEngine)) {
  const events: AnswerEvent[] = [];
  return { events, answers: new AnswerHost(open, (event) => events.push(event)) };
}

test('An answer comes in pieces under its number, and ends', async () => {
  const { events, answers } = host();
  await answers.ask(3, 'one two');
  expect(events).toEqual([
    { type: 'text', answer: 3, text: 'one' }, { type: 'text', answer: 3, text: 'two' }, { type: 'end', answer: 3, reason: 'finished' },
  ]);
});

test('Stopping ends that answer and no other', async () => {
  const { events, answers } = host();
  const waiting = answers.ask(1, 'wait never');
  answers.stop(2);
  await answers.ask(2, 'free');
  expect(events).toContainEqual({ type: 'end', answer: 2, reason: 'finished' });
  expect(events).not.toContainEqual(expect.objectContaining({ type: 'end', answer: 1 }));
  answers.stop(1);
  await waiting;
  expect(events.at(-1)).toEqual({ type: 'end', answer: 1, reason: 'stopped' });
});

test('A failure is said as an event, and the next question is answered', async () => {
  const { events, answers } = host();
  await answers.ask(1, 'fail');
  expect(events).toEqual([expect.objectContaining({ type: 'failed', answer: 1, code: 'UNEXPECTED' })]);
  await answers.ask(2, 'fine');
  expect(events.at(-1)).toEqual({ type: 'end', answer: 2, reason: 'finished' });
});

test('The engine is opened once, and again only after it could not be opened', async () => {
  let opened = 0;
  const { events, answers } = host(() => (opened++ === 0 ? Promise.reject(new Error('no model')) : Promise.resolve(wordEngine)));
  await answers.ask(1, 'a');
  expect(events).toEqual([expect.objectContaining({ type: 'failed', answer: 1 })]);
  await answers.ask(2, 'a');
  await answers.ask(3, 'a');
  expect(opened).toBe(2);
});
