import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseContext, ContextShelf } from '../../../engine/generate/context-shelf.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

/** Asks and answers, as a model does: the prompt is read, then `answer` follows. */
function ask(shelf: ContextShelf, prompt: readonly number[], answer: readonly number[] = []): ReturnType<ContextShelf['take']> {
  const choice = shelf.take(prompt);
  if (choice.copyFrom !== null) shelf.append(choice.context, prompt.slice(0, choice.cached));
  shelf.append(choice.context, prompt.slice(choice.cached));
  shelf.append(choice.context, answer);
  return choice;
}

const system = [1, 2, 3, 4, 5];
const catChat = [...system, 10, 11];
const dogChat = [...system, 20, 21, 22];

describe('the shelf of contexts', () => {
  test('lets two chats take turns, each finding its own beginning', () => {
    const shelf = new ContextShelf(2);
    const first = ask(shelf, catChat, [12]);
    const second = ask(shelf, [99, ...dogChat], [23]);
    expect(second.context).not.toBe(first.context);
    expect(ask(shelf, [...catChat, 12, 13], [14])).toEqual({ context: first.context, cached: 8, copyFrom: null });
    expect(ask(shelf, [99, ...dogChat, 23, 24], [25])).toEqual({ context: second.context, cached: 10, copyFrom: null });
    expect(ask(shelf, [...catChat, 12, 13, 14, 15]).cached).toBe(10);
  });

  test('copies a system prompt to another chat, and leaves the first chat whole', () => {
    const shelf = new ContextShelf(2);
    const { context } = ask(shelf, catChat, [12]);
    expect(ask(shelf, dogChat)).toEqual({ context: 1 - context, cached: 5, copyFrom: context });
    expect(ask(shelf, [...catChat, 12, 13])).toEqual({ context, cached: 8, copyFrom: null });
  });

  test('takes the context that was longest unused when none is free', () => {
    const shelf = new ContextShelf(3);
    const [a, b, c] = [[1, 1], [2, 2], [3, 3]].map((prompt) => ask(shelf, prompt).context);
    expect(new Set([a, b, c]).size).toBe(3);
    ask(shelf, [1, 1, 1]);
    expect(ask(shelf, [4, 4]).context).toBe(b);
    expect(ask(shelf, [5, 5]).context).toBe(c);
    expect(ask(shelf, [1, 1, 1, 1])).toMatchObject({ context: a, cached: 3 });
  });

  test('asks the same prompt again where it is, and computes its last token', () => {
    const shelf = new ContextShelf(2);
    const { context } = ask(shelf, catChat, [12, 13, 14]);
    expect(ask(shelf, catChat, [15])).toEqual({ context, cached: catChat.length - 1, copyFrom: null });
  });

  test('leaves a chat whole when one of its earlier prompts is asked again', () => {
    const shelf = new ContextShelf(2);
    const { context } = ask(shelf, [...catChat, 12, 13, 14], [15]);
    expect(ask(shelf, catChat, [16])).toEqual({ context: 1 - context, cached: catChat.length - 1, copyFrom: context });
    expect(ask(shelf, [...catChat, 12, 13, 14, 15, 17])).toEqual({ context, cached: 11, copyFrom: null });
  });

  test('re-uses what is in common where there is one context only', () => {
    const shelf = new ContextShelf(1);
    ask(shelf, catChat, [12]);
    expect(ask(shelf, dogChat)).toEqual({ context: 0, cached: 5, copyFrom: null });
  });

  test('believes nothing that was not computed: a prompt whose copy never came leaves its context empty', () => {
    const shelf = new ContextShelf(2);
    ask(shelf, catChat, [12]);
    const given = shelf.take(dogChat);
    expect(given.copyFrom).not.toBeNull();
    expect(shelf.tokensOf(given.context)).toEqual([]);
    shelf.truncate(given.context, 5);
    expect(shelf.tokensOf(given.context)).toEqual([]);
  });

  test('goes on in context 0 after everything was lost', () => {
    const shelf = new ContextShelf(3);
    ask(shelf, catChat);
    ask(shelf, dogChat);
    expect(shelf.restore([...catChat, 12], catChat.length)).toBe(0);
    expect(ask(shelf, [...catChat, 12, 13])).toEqual({ context: 0, cached: 8, copyFrom: null });
    expect(ask(shelf, dogChat)).toMatchObject({ cached: 5, copyFrom: 0 });
    shelf.clear();
    expect(ask(shelf, catChat).cached).toBe(0);
  });

  test('never says that a token is there which is not, whatever is asked in whatever order', () => {
    const tokens = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(fc.tuple(tokens, fc.nat(4), fc.boolean()), { maxLength: 40 }), (contexts, asks) => {
        const shelf = new ContextShelf(contexts);
        // What a KV cache would hold: rows stay when a context is truncated, and are overwritten in place.
        const rows: number[][] = Array.from({ length: contexts }, () => []);
        for (const [prompt, answered, aborted] of asks) {
          const { context, cached, copyFrom } = shelf.take(prompt);
          expect(cached).toBeLessThan(prompt.length);
          if (aborted) continue;
          if (copyFrom !== null) {
            for (let at = 0; at < cached; at++) rows[context]![at] = rows[copyFrom]![at]!;
            shelf.append(context, prompt.slice(0, cached));
          }
          expect(rows[context]!.slice(0, cached)).toEqual(prompt.slice(0, cached));
          const computed = [...prompt.slice(cached), ...Array.from({ length: answered }, (_, index) => (index * 7 + prompt.length) % 3)];
          computed.forEach((token, index) => (rows[context]![cached + index] = token));
          shelf.append(context, computed);
          for (const [index, row] of rows.entries()) expect(row.slice(0, shelf.tokensOf(index).length)).toEqual(shelf.tokensOf(index));
        }
      }),
      { ...seed, numRuns: 300 },
    );
  });

  test('prefers the longest beginning in common, and of equals the one used last', () => {
    const kept = (tokens: number[], lastUse: number) => ({ tokens, promptTokens: tokens.length, lastUse });
    expect(chooseContext([kept([1], 3), kept([1, 2], 1), kept([7], 2)], [1, 2, 3])).toEqual({ context: 1, cached: 2, copyFrom: null });
    expect(chooseContext([kept([1, 2], 1), kept([1, 2], 2)], [1, 2, 3])).toMatchObject({ context: 1, cached: 2 });
  });
});
