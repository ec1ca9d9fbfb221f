import { describe, expect, test, vi } from 'vitest';
import { SupervisedModel, type LosableModel } from '../../../engine/api/supervised-model.js';
import { NodeLostError } from '../../../engine/collective/node-lost-error.js';
import { ClusterFailedError, InterruptedError } from '../../../engine/errors.js';
import type { GenerationEvent } from '../../../engine/generate/generation.js';

const timing = { promptTokens: 1, cachedTokens: 0, tokens: 0, ttftMs: 0, prefillTokPerS: 0, decodeTokPerS: 0 };
const end: GenerationEvent = { kind: 'end', reason: 'end', text: '', timing };

/** A model whose answers end at once, until it is lost. */
class FragileModel implements LosableModel {
  readonly text = { name: 'text' } as unknown as LosableModel['text'];
  readonly contextTokens = 8;
  lose!: (error: Error) => void;
  readonly lost = new Promise<never>((_, reject) => (this.lose = reject));
  closed = 0;
  answers = 0;
  failsWith: Error | null = null;

  async *generate(): AsyncGenerator<GenerationEvent, void> {
    await Promise.resolve();
    if (this.failsWith !== null) throw this.failsWith;
    this.answers += 1;
    yield end;
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

interface Attempt {
  give: (model: FragileModel) => void;
  fail: (error: Error) => void;
  signal: AbortSignal;
}

function supervised() {
  const first = new FragileModel();
  const attempts: Attempt[] = [];
  const lines: string[] = [];
  const model = new SupervisedModel(first, {
    reopen: (signal) => new Promise((give, fail) => {
      attempts.push({ give, fail, signal });
      signal.addEventListener('abort', () => fail(new Error('stopped')), { once: true });
    }),
    say: (line) => lines.push(line),
    firstPauseMs: 1,
  });
  return { first, attempts, lines, model };
}

const request = { prompt: { kind: 'text' as const, text: '' }, maxTokens: 1 };

async function answer(model: LosableModel | SupervisedModel<FragileModel>, signal?: AbortSignal): Promise<string[]> {
  const kinds: string[] = [];
  for await (const event of model.generate(request, signal)) kinds.push(event.kind);
  return kinds;
}

describe('a model that can be lost', () => {
  test('is loaded again, and requests that come meanwhile wait for it', async () => {
    const { first, attempts, model, lines } = supervised();
    expect(model.health()).toEqual({ ready: true });
    first.lose(new NodeLostError(1, 'its process ended.'));
    await vi.waitFor(() => expect(attempts).toHaveLength(1));
    expect(first.closed).toBe(1);
    expect(model.health()).toEqual({ ready: false, reason: expect.stringContaining('Node 1 was lost') });
    const waiting = [answer(model), answer(model)];
    const second = new FragileModel();
    attempts[0]!.give(second);
    expect(await Promise.all(waiting)).toEqual([['end'], ['end']]);
    expect([first.answers, second.answers]).toEqual([0, 2]);
    expect(model.health()).toEqual({ ready: true });
    expect(lines.at(-1)).toContain('ready again');
    await model.close();
    expect(second.closed).toBe(1);
  });

  test('is tried again and again, telling the last reason', async () => {
    const { first, attempts, model } = supervised();
    first.lose(new NodeLostError(2, 'it left.'));
    for (let round = 0; round < 3; round++) {
      await vi.waitFor(() => expect(attempts).toHaveLength(round + 1));
      attempts[round]!.fail(new ClusterFailedError('JOIN_TIMEOUT', `Rank 2 did not join, round ${round}.`, { values: { ranks: ['2'] } }));
      await vi.waitFor(() => expect(model.health()).toEqual({ ready: false, reason: `Rank 2 did not join, round ${round}.` }));
    }
    await vi.waitFor(() => expect(attempts).toHaveLength(4));
    const again = new FragileModel();
    attempts[3]!.give(again);
    expect(await answer(model)).toEqual(['end']);
    again.lose(new NodeLostError(1, 'it left.'));
    await vi.waitFor(() => expect(attempts).toHaveLength(5));
    await model.close();
  });

  test('tells the answer under way why, and believes it before anybody else has noticed', async () => {
    const { first, attempts, model } = supervised();
    first.failsWith = new NodeLostError(1, 'its process ended.');
    await expect(answer(model)).rejects.toThrow('Node 1 was lost');
    expect(model.health().ready).toBe(false);
    first.lose(first.failsWith);
    await vi.waitFor(() => expect(attempts).toHaveLength(1));
    attempts[0]!.give(new FragileModel());
    expect(await answer(model)).toEqual(['end']);
    expect(attempts).toHaveLength(1);
    await model.close();
  });

  test('stays as it is when only one request was wrong', async () => {
    const { first, attempts, model } = supervised();
    first.failsWith = new Error('this one only');
    await expect(answer(model)).rejects.toThrow('this one only');
    first.failsWith = null;
    expect(model.health()).toEqual({ ready: true });
    expect(await answer(model)).toEqual(['end']);
    expect(attempts).toHaveLength(0);
    await model.close();
  });

  test('lets a waiting request go, and ends its loading when it is closed', async () => {
    const { first, attempts, model } = supervised();
    first.lose(new NodeLostError(1, 'it left.'));
    await vi.waitFor(() => expect(attempts).toHaveLength(1));
    const gone = new AbortController();
    const waiting = answer(model, gone.signal);
    gone.abort();
    await expect(waiting).rejects.toThrow(InterruptedError);
    const left = answer(model);
    await Promise.all([model.close(), expect(left).rejects.toThrow()]);
    expect(attempts[0]!.signal.aborted).toBe(true);
    expect(attempts).toHaveLength(1);
  });
});
