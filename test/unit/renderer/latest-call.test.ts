import { expect, test } from 'vitest';
import { LatestCall } from '../../../renderer/stores/latest-call.js';

/** Questions that are answered when the test says so. */
function asked() {
  const waiting: (() => void)[] = [];
  const open: { question: number; answer: (ok: boolean) => void }[] = [];
  const told: unknown[] = [];
  const call = new LatestCall<number, string>(
    (work) => waiting.push(work),
    (question) => new Promise((resolve, reject) => {
      open.push({ question, answer: (ok) => (ok ? resolve(`about ${question}`) : reject(new Error(`no ${question}`))) });
    }),
    (answer) => told.push(answer),
    (error) => told.push(error),
  );
  const rest = (): void => waiting.splice(0).forEach((work) => work());
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { call, open, told, rest, settled };
}

test('a slider that moves asks once when it rests, with its last place', async () => {
  const { call, open, told, rest, settled } = asked();
  for (const place of [1, 2, 3]) call.put(place);
  expect(open).toEqual([]);
  rest();
  expect(open.map(({ question }) => question)).toEqual([3]);
  open[0]!.answer(true);
  await settled();
  expect(told).toEqual(['about 3']);
});

test('an answer, or a failure, that comes after a newer question is not told; the newer one is asked next', async () => {
  const { call, open, told, rest, settled } = asked();
  call.put(1);
  rest();
  call.put(2);
  call.put(3);
  expect(open).toHaveLength(1);
  open[0]!.answer(false);
  await settled();
  expect(told).toEqual([]);
  expect(open.at(-1)!.question).toBe(3);
  open.at(-1)!.answer(true);
  await settled();
  expect(told).toEqual(['about 3']);
  call.put(4);
  rest();
  open.at(-1)!.answer(false);
  await settled();
  expect(told.at(-1)).toMatchObject({ message: 'no 4' });
});
