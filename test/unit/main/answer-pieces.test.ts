import { expect, test } from 'vitest';
import { InterruptedError, WrongUseError } from '../../../engine/errors.js';
import type { AnswerEvent } from '../../../engine/home-node.js';
import { answerPieces } from '../../../main/answer-pieces.js';
import type { AnswerPiece } from '../../../main/answering-engine.js';

const timing = { promptTokens: 5, cachedTokens: 2, tokens: 3, ttftMs: 40, prefillTokPerS: 100, decodeTokPerS: 7 };

async function pieces(events: AsyncIterable<AnswerEvent>, signal = new AbortController().signal): Promise<AnswerPiece[]> {
  const heard: AnswerPiece[] = [];
  for await (const piece of answerPieces(events, 64, signal)) heard.push(piece);
  return heard;
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* tell(events: AnswerEvent[], failure?: Error): AsyncGenerator<AnswerEvent, void> {
  yield* events;
  if (failure !== undefined) throw failure;
}

test('An answer becomes what a chat shows of it, in order', async () => {
  expect(await pieces(tell([
    { kind: 'queued', place: 2 },
    { kind: 'prefill', done: 2, total: 5 },
    { kind: 'end', reason: 'length', text: ' rest', timing },
  ]))).toEqual([
    { type: 'queued', place: 2 },
    { type: 'prefill', doneTokens: 2, totalTokens: 5 },
    { type: 'text', text: ' rest' },
    { type: 'end', reason: 'full', promptTokens: 5, cachedTokens: 2, answerTokens: 3, ttftMs: 40, tokensPerSecond: 7, contextTokens: 64 },
  ]);
});

test('One that is stopped while it waits for its turn ends as stopped', async () => {
  const stop = new AbortController();
  stop.abort();
  const heard = await pieces(tell([{ kind: 'queued', place: 1 }], new InterruptedError()), stop.signal);
  expect(heard.at(-1)).toMatchObject({ type: 'end', reason: 'stopped', answerTokens: 0, contextTokens: 64 });
});

test('One that fails fails, also when it is interrupted by nobody who asked', async () => {
  await expect(pieces(tell([], new WrongUseError('EMPTY_PROMPT', 'Do y.')))).rejects.toThrow('Do y.');
  await expect(pieces(tell([], new InterruptedError()))).rejects.toThrow(InterruptedError);
});

test('A laptop that left is named; the window has the words for it', async () => {
  expect(await pieces(tell([{ kind: 'paused', deviceId: 'a', name: 'attic', reason: 'It is silent.' }, { kind: 'resumed', seconds: 2 }]))).toEqual([{ type: 'paused', name: 'attic' }]);
});
