import { expect, test } from 'vitest';
import { retrying, TransientError } from '../../../engine/catalogue/transfer-retry.js';
import { saying } from '../../../engine/saying.js';

const pacing = { stallMs: 1, attempts: 4, firstPauseMs: 1, longestPauseMs: 3 };
const busy = saying('TRANSFER_SERVER_TROUBLE', 'busy', { host: 'hub', status: 503 });
const fails = (): Promise<never> => Promise.reject(new TransientError(busy));

test('pauses double up to the longest, and the last failure comes through', async () => {
  const pauses: number[] = [];
  const trying = retrying(fails, { pacing: { ...pacing, attempts: 5 }, onPause: (_reason, ms) => pauses.push(ms) });
  await expect(trying).rejects.toThrow('busy');
  expect(pauses).toEqual([1, 2, 3, 3]);
});

test("the server's own wish for a pause is respected", async () => {
  const pauses: number[] = [];
  const wish = (): Promise<never> => Promise.reject(new TransientError(busy, 20));
  await expect(
    retrying(wish, { pacing: { ...pacing, attempts: 2 }, onPause: (_reason, ms) => pauses.push(ms) }),
  ).rejects.toThrow();
  expect(pauses).toEqual([20]);
});

test('progress renews the patience', async () => {
  let tries = 0;
  const progressed = (): boolean => tries <= 10;
  const trying = retrying(() => ((tries += 1), fails()), { pacing, progressed });
  await expect(trying).rejects.toThrow('busy');
  expect(tries).toBe(13);
});

test('other failures are not repeated', async () => {
  let tries = 0;
  const trying = retrying(() => ((tries += 1), Promise.reject(new Error('final'))), { pacing });
  await expect(trying).rejects.toThrow('final');
  expect(tries).toBe(1);
});

test('a stop ends a pause at once', async () => {
  const controller = new AbortController();
  const slow = { ...pacing, firstPauseMs: 60_000, longestPauseMs: 60_000 };
  const trying = retrying(fails, { pacing: slow, signal: controller.signal, onPause: () => controller.abort() });
  await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
});
