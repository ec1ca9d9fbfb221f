import { expect, test } from 'vitest';
import { TurnQueue } from '../../../main/turn-queue.js';

/** Waits for a turn and notes the places on the way; resolves when it has come or was given up. */
function enter(queue: TurnQueue, ticket: object, signal = new AbortController().signal) {
  const places: number[] = [];
  const turn = (async () => {
    for await (const place of queue.enter(ticket, signal)) places.push(place);
  })();
  return { places, turn };
}

test('Questions get their turn in the order they came, and hear their place on the way', async () => {
  const queue = new TurnQueue();
  const [a, b, c] = [{}, {}, {}];
  await enter(queue, a).turn;
  const second = enter(queue, b);
  const third = enter(queue, c);
  await expect.poll(() => third.places).toEqual([2]);
  queue.leave(a);
  await second.turn;
  await expect.poll(() => third.places).toEqual([2, 1]);
  queue.leave(b);
  await third.turn;
  expect(second.places).toEqual([1]);
  queue.leave(c);
  const next = enter(queue, {});
  await next.turn;
  expect(next.places).toEqual([]);
});

test('A question that is given up leaves its place to the others', async () => {
  const queue = new TurnQueue();
  const [a, b, c] = [{}, {}, {}];
  await enter(queue, a).turn;
  const stop = new AbortController();
  const second = enter(queue, b, stop.signal);
  const third = enter(queue, c);
  await expect.poll(() => third.places).toEqual([2]);
  stop.abort();
  await second.turn;
  queue.leave(b);
  await expect.poll(() => third.places).toEqual([2, 1]);
  queue.leave(a);
  await third.turn;
});
