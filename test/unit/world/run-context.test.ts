import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InterruptedError } from '../../../engine/errors.js';
import type { ShardSettings } from '../../../engine/shard/shard-settings.js';
import { runContext } from '../../../engine/world/run-context.js';
import { seeded } from '../slices/random-model.js';

const settings = (tokensPerPass: number) => ({ tokensPerPass }) as ShardSettings;

test('every token is run once, in order, in passes that are not too long, and the last has the rows that are wanted', async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 5 }),
    async (count, tokensPerPass, rows) => {
      const logitRows = Math.min(rows, count, tokensPerPass);
      const tokens = Array.from({ length: count }, (_, index) => index * 3);
      const run: number[] = [];
      const asked: number[] = [];
      await runContext({
        settings: settings(tokensPerPass),
        shard: {
          pass: (of, position, wanted) => {
            expect(position).toBe(run.length);
            expect(of.length).toBeLessThanOrEqual(tokensPerPass);
            expect(of.length).toBeGreaterThanOrEqual(Math.max(1, wanted));
            run.push(...of);
            asked.push(wanted);
            return Promise.resolve();
          },
        },
      }, tokens, logitRows);
      expect(run).toEqual(tokens);
      expect(asked.at(-1)).toBe(logitRows);
      expect(asked.slice(0, -1).every((wanted) => wanted === 0)).toBe(true);
    },
  ), seeded);
});

test('an abort ends it between two passes', async () => {
  const stop = new AbortController();
  let passes = 0;
  const shard = { pass: () => {
    passes += 1;
    stop.abort();
    return Promise.resolve();
  } };
  await expect(runContext({ settings: settings(2), shard }, [1, 2, 3, 4], 1, stop.signal)).rejects.toBeInstanceOf(InterruptedError);
  expect(passes).toBe(1);
});
