import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterFailedError, InterruptedError, ModelUnusableError, WrongUseError } from '../../../engine/errors.js';
import type { AnswerEvent } from '../../../engine/home-node/answer-event.js';
import { AnswerQueue } from '../../../engine/home-node/answer-queue.js';
import { failedEvent, failureOf } from '../../../engine/home-node/asked-failure.js';
import { AskedIntake, askedPieces, requestOf } from '../../../engine/home-node/asked-pieces.js';
import { QuestionDesk, type AnswerHere } from '../../../engine/home-node/question-desk.js';
import { QuestionLine } from '../../../engine/home-node/question-line.js';
import { askedEventShape } from '../../../engine/wire/asked.js';
import { messages } from '../../../engine/wire/messages.js';
import { twoLaptops } from './two-laptops.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

describe('A question in pieces', () => {
  const travel = (text: string) => {
    const intake = new AskedIntake();
    const pieces = askedPieces(1, { prompt: { kind: 'text', text }, maxTokens: 5, stop: ['x'] });
    const taken = pieces.map((piece) => {
      const body = messages.ask.body.parse(JSON.parse(JSON.stringify(piece)));
      expect(Buffer.byteLength(JSON.stringify(piece))).toBeLessThanOrEqual(messages.ask.maxBytes);
      return intake.take(body);
    });
    expect(taken.slice(0, -1).every((asked) => asked === null)).toBe(true);
    return requestOf(taken.at(-1)!);
  };

  test('arrives as it was, whatever is in it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 400 }), (text, times) => {
      const prompt = text.repeat(times);
      expect(travel(prompt).prompt).toEqual({ kind: 'text', text: prompt });
    }), { numRuns: 60, ...seed });
  });

  test('is refused beyond a megabyte, at both ends', () => {
    expect(() => askedPieces(1, { prompt: { kind: 'text', text: 'x'.repeat(1_300_000) }, maxTokens: 1 }))
      .toThrow(expect.objectContaining({ code: 'PROMPT_TOO_LONG' }) as Error);
    const intake = new AskedIntake();
    const pour = (): void => {
      for (let piece = 0; piece < 100; piece++) intake.take({ piece: 'x'.repeat(30_000), more: true });
    };
    expect(pour).toThrow(expect.objectContaining({ code: 'PROMPT_TOO_LONG' }) as Error);
  });

  test.each(['', 'null', '{"prompt":{"kind":"text","text":"x"},"maxTokens":0}', '{"prompt":{"kind":"file","path":"x"},"maxTokens":1}'])(
    'that is none (%s) is refused', (piece) => {
      expect(() => new AskedIntake().take({ piece, more: false })).toThrow(expect.objectContaining({ code: 'QUESTION_MALFORMED' }) as Error);
    });
});

test.each([
  new ClusterFailedError('NODE_LOST', 'Do y.', { values: { rank: 3 } }), new InterruptedError(),
  new WrongUseError('HOME_FULL', 'Do y.', { values: { most: 3 } }), new ModelUnusableError('MODEL_TRUNCATED', 'a', 'b', 'c'),
])('a failure keeps its code, values, sentence and exit code on its way', (error) => {
  const { code, message, values, exitCode } = error;
  const heard = askedEventShape.parse(JSON.parse(JSON.stringify(failedEvent(error))));
  expect(failureOf(heard as ReturnType<typeof failedEvent>)).toMatchObject({ code, message, values, exitCode });
});

describe('The queue', () => {
  const never = new AbortController().signal;

  test('takes turns in order, and tells each its place as it moves up', async () => {
    const queue = new AnswerQueue();
    const places: number[][] = [[], []];
    const first = await queue.turn(() => undefined, never);
    const second = queue.turn((place) => places[0]!.push(place), never);
    const third = queue.turn((place) => places[1]!.push(place), never);
    expect(queue.length).toBe(2);
    first();
    (await second)();
    await third;
    expect(places).toEqual([[1], [2, 1]]);
  });

  test('forgets who does not want to wait any more', async () => {
    const queue = new AnswerQueue();
    const first = await queue.turn(() => undefined, never);
    const gone = new AbortController();
    const second = queue.turn(() => undefined, gone.signal);
    const third = queue.turn(() => undefined, never);
    gone.abort();
    await expect(second).rejects.toBeInstanceOf(InterruptedError);
    first();
    first();
    expect(await third).toBeTypeOf('function');
    expect(queue.length).toBe(0);
  });
});

describe('A question carried to the laptop that leads', () => {
  const request = { prompt: { kind: 'text' as const, text: 'hello' }, maxTokens: 3 };
  const token = (text: string): AnswerEvent => ({ kind: 'token', token: 1, text, margin: 1 });
  const end: AnswerEvent = {
    kind: 'end', reason: 'length', text: '',
    timing: { promptTokens: 1, cachedTokens: 0, tokens: 1, ttftMs: 1, prefillTokPerS: 1, decodeTokPerS: 1 },
  };
  const read = async (events: AsyncIterable<AnswerEvent>, heard: AnswerEvent[]): Promise<void> => {
    for await (const event of events) heard.push(event);
  };

  test('brings back what comes of it', async () => {
    const { helper, master } = twoLaptops();
    new QuestionDesk(master, async function* () {
      yield await Promise.resolve(token('a'));
      yield end;
    });
    const heard: AnswerEvent[] = [];
    await read(new QuestionLine(helper).ask('kitchen', request, new AbortController().signal), heard);
    expect(heard).toEqual([token('a'), end]);
  });

  test('ends as interrupted when that laptop is lost, and what came before stays', async () => {
    const { helper, master, part } = twoLaptops();
    let stopped = false;
    const answer: AnswerHere = async function* (_, signal) {
      yield token('a');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stopped = true;
    };
    new QuestionDesk(master, answer);
    const heard: AnswerEvent[] = [];
    const reading = read(new QuestionLine(helper).ask('kitchen', request, new AbortController().signal), heard);
    reading.catch(() => undefined);
    await expect.poll(() => heard.length).toBe(1);
    part();
    await expect(reading).rejects.toMatchObject({ code: 'ANSWER_INTERRUPTED' });
    expect(heard).toEqual([token('a')]);
    // Nobody goes on answering for a laptop that is gone.
    await expect.poll(() => stopped).toBe(true);
  });

  test('is taken back when nobody reads on', async () => {
    const { helper, master } = twoLaptops();
    let stopped = false;
    const answer: AnswerHere = async function* (_, signal) {
      yield token('a');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stopped = true;
    };
    new QuestionDesk(master, answer);
    for await (const event of new QuestionLine(helper).ask('kitchen', request, new AbortController().signal)) {
      expect(event).toEqual(token('a'));
      break;
    }
    await expect.poll(() => stopped).toBe(true);
  });
});
