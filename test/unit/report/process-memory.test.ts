import { expect, test } from 'vitest';
import { settledRss } from '../../../engine/report/process-memory.js';

test('a process has given back its garbage, of JavaScript and of the C heap, before its size is told', async () => {
  const held: unknown[] = [];
  // Small enough for the C heap not to give each its own pages, with one in between that keeps the heap from shrinking.
  for (let index = 0; index < 3_000; index++) held.push(Buffer.allocUnsafeSlow(32 * 1024).fill(1), { index, text: String(index).repeat(500) });
  const full = process.memoryUsage.rss();
  const [kept] = held.splice(0, held.length).slice(-2);
  expect(full - (await settledRss())).toBeGreaterThan(60e6);
  expect((kept as Buffer).length).toBe(32 * 1024);
});
