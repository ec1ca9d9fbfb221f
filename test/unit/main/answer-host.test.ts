import { expect, test } from 'vitest';
import { AnswerHost } from '../../../main/answer-host.js';
import type { AnsweringEngine, AnswerPiece, ChatQuestion } from '../../../main/answering-engine.js';
import type { EngineAnswer } from '../../../main/engine-messages.js';

const figures = { promptTokens: 5, cachedTokens: 0, answerTokens: 2, ttftMs: 10, tokensPerSecond: 20, contextTokens: 100 };

function question(content: string): ChatQuestion {
  const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 1 };
  return { messages: [{ role: 'user', content }], sampling, maxTokens: 8 };
}

/** An engine that says the prompt's words, one piece each, and waits for the signal after the word "wait". */
const wordEngine: AnsweringEngine = {
  async *answer({ messages }, signal): AsyncGenerator<AnswerPiece> {
    for (const word of messages[0]!.content.split(' ')) {
      if (word === 'fail') throw new Error('out of words');
      yield { type: 'text', text: word };
      if (word === 'wait') await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (signal.aborted) return yield { type: 'end', reason: 'stopped', ...figures };
    }
    yield { type: 'end', reason: 'finished', ...figures };
  },
  close: () => Promise.resolve(),
};

function host(open: () => Promise<AnsweringEngine> = () => Promise.resolve(wordEngine)) {
  const events: EngineAnswer[] = [];
  return { events, answers: new AnswerHost(open, (event) => events.push(event)) };
}

test('An answer comes in pieces under its number, and ends', async () => {
  const { events, answers } = host();
  await answers.ask(3, question('one two'));
  expect(events).toEqual([
    { type: 'text', answer: 3, text: 'one' }, { type: 'text', answer: 3, text: 'two' }, { type: 'end', answer: 3, reason: 'finished', ...figures },
  ]);
});

test('Stopping ends that answer and no other', async () => {
  const { events, answers } = host();
  const waiting = answers.ask(1, question('wait never'));
  answers.stop(2);
  await answers.ask(2, question('free'));
  expect(events).toContainEqual({ type: 'end', answer: 2, reason: 'finished', ...figures });
  expect(events).not.toContainEqual(expect.objectContaining({ type: 'end', answer: 1 }));
  answers.stop(1);
  await waiting;
  expect(events.at(-1)).toEqual({ type: 'end', answer: 1, reason: 'stopped', ...figures });
});

test('A failure is said as an event, and the next question is answered', async () => {
  const { events, answers } = host();
  await answers.ask(1, question('fail'));
  expect(events).toEqual([expect.objectContaining({ type: 'failed', answer: 1, code: 'UNEXPECTED' })]);
  await answers.ask(2, question('fine'));
  expect(events.at(-1)).toEqual({ type: 'end', answer: 2, reason: 'finished', ...figures });
});

test('The engine is opened once, and again only after it could not be opened', async () => {
  let opened = 0;
  const { events, answers } = host(() => (opened++ === 0 ? Promise.reject(new Error('no model')) : Promise.resolve(wordEngine)));
  await answers.ask(1, question('a'));
  expect(events).toEqual([expect.objectContaining({ type: 'failed', answer: 1 })]);
  await answers.ask(2, question('a'));
  await answers.ask(3, question('a'));
  expect(opened).toBe(2);
});
