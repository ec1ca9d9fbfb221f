import { Writable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EventStream } from '../../../engine/api/event-stream.js';

/** A response whose client reads only when it is told to. */
class SlowResponse extends Writable {
  text = '';
  readonly #reads: (() => void)[] = [];

  constructor() {
    super({ highWaterMark: 1 });
  }

  writeHead(): void {
    // Nobody looks at it here.
  }

  flushHeaders(): void {
    // Nor at when it leaves.
  }

  override _write(piece: Buffer, _: string, done: () => void): void {
    this.text += piece.toString();
    this.#reads.push(done);
  }

  read(): void {
    this.#reads.splice(0).forEach((done) => done());
  }
}

let response: SlowResponse;
let events: EventStream;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  response = new SlowResponse();
  events = new EventStream(response as unknown as ServerResponse);
  events.open();
});
afterEach(() => {
  events.close();
  vi.useRealTimers();
});

it('waits while its client is slower than the model', async () => {
  let sent = false;
  const first = events.send({ a: 1 }).then(() => (sent = true));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(sent).toBe(false);
  response.read();
  await first;
  expect(response.text).toBe('data: {"a":1}\n\n');
});

it('gives up a client that does not read at all', async () => {
  const sent = events.send({ a: 1 });
  await vi.advanceTimersByTimeAsync(59_000);
  expect(response.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(response.destroyed).toBe(true);
  await sent;
  await events.send({ b: 2 });
  expect(response.text).toBe('data: {"a":1}\n\n');
});

it('says something to a client that would else hear nothing for long, until it has ended', async () => {
  await vi.advanceTimersByTimeAsync(15_000);
  expect(response.text).toBe(': waiting\n\n');
  response.read();
  events.end();
  response.read();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(response.text).toBe(': waiting\n\ndata: [DONE]\n\n');
});
