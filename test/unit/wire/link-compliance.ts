import { afterEach, describe, expect, test } from 'vitest';
import { ClusterFailedError } from '../../../engine/errors.js';
import { onControl, receiveControl } from '../../../engine/wire/control.js';
import { fieldOf } from '../../../engine/wire/frame-codec.js';
import type { IncomingFrame, Link } from '../../../engine/wire/link.js';
import { messages } from '../../../engine/wire/messages.js';

/** A master's end and a worker's end of one connection for data; `cleanUp` also runs after a failed test. */
export interface LinkPair {
  readonly master: Link;
  readonly worker: Link;
  cleanUp(): void | Promise<void>;
}

/** The next frame, its body copied, so that it outlives the next poll. */
export function nextFrame(link: Link): Promise<IncomingFrame> {
  return new Promise((resolve, reject) => {
    link.onActivity = () => {
      try {
        const frame = link.poll();
        if (frame === undefined) return;
        link.onActivity = undefined;
        resolve({ message: frame.message, body: Uint8Array.from(frame.body), values: Uint8Array.from(frame.values) });
      } catch (error) {
        link.onActivity = undefined;
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    link.onActivity();
  });
}

function sendPartial(link: Link, sequence: number, values: Float32Array): void {
  const frame = link.prepare(messages.partial, values.byteLength);
  frame.fields[0] = sequence;
  frame.fields[1] = 0;
  frame.values.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  link.sendTensor(frame);
}

const floatsOf = (frame: IncomingFrame): Float32Array => new Float32Array(Uint8Array.from(frame.values).buffer);

/** What every link promises, whatever it runs over. */
export function linkCompliance(name: string, connect: () => Promise<LinkPair>): void {
  describe(`${name} keeps the contract of a link`, () => {
    let pair: LinkPair | undefined;
    const open = async (): Promise<LinkPair> => (pair = await connect());
    afterEach(async () => {
      await pair?.cleanUp();
      pair = undefined;
    });

    test('both ends know the nonce and each other', async () => {
      const { master, worker } = await open();
      expect(master.nonce).toMatch(/^[0-9a-f]{64}$/);
      expect(worker.nonce).toBe(master.nonce);
      expect(master.peerId).not.toBe('');
      expect(worker.peerId).not.toBe('');
    });

    test('a control message arrives as it was sent, and what follows it stays for the next owner', async () => {
      const { master, worker } = await open();
      master.send('linkReady', {});
      master.send('nodeLost', { rank: 3, reason: 'it was switched off' });
      expect(await receiveControl(worker, ['linkReady'], 5000)).toEqual({ name: 'linkReady', body: {} });
      expect(await receiveControl(worker, ['nodeLost'], 5000))
        .toEqual({ name: 'nodeLost', body: { rank: 3, reason: 'it was switched off' } });
    });

    test.each([1, 7, 2048, 4096, 4097, 16_384])('%i floats arrive bit by bit', async (floats) => {
      const { master, worker } = await open();
      const values = Float32Array.from({ length: floats }, (_, index) => Math.fround(index / 7 - 1));
      sendPartial(worker, 42, values);
      const frame = await nextFrame(master);
      expect(frame.message).toBe(messages.partial);
      expect(fieldOf(frame, 0)).toBe(42);
      expect(floatsOf(frame)).toEqual(values);
    });

    test('frames keep their order in both directions at once, though nobody takes them until all are sent', async () => {
      const { master, worker } = await open();
      const sent = 200;
      for (let index = 0; index < sent; index += 1) {
        sendPartial(worker, index, new Float32Array([index]));
        sendPartial(master, index, new Float32Array(4096).fill(-index));
      }
      for (let index = 0; index < sent; index += 1) {
        const up = await nextFrame(master);
        expect([fieldOf(up, 0), floatsOf(up)[0]]).toEqual([index, index]);
        const down = await nextFrame(worker);
        expect([fieldOf(down, 0), floatsOf(down)[4095]]).toEqual([index, -index]);
      }
    });

    test('send buffers may be used again at once without changing what is on its way', async () => {
      const { master, worker } = await open();
      for (let index = 0; index < 50; index += 1) sendPartial(worker, index, new Float32Array(16_384).fill(index));
      for (let index = 0; index < 50; index += 1) {
        const values = floatsOf(await nextFrame(master));
        expect(values.every((value) => value === index)).toBe(true);
      }
    });

    test('a link that is not read fills up, and says when it is free again', async () => {
      const { master, worker } = await open();
      let frames = 0;
      while (!worker.full && frames < 10_000) {
        sendPartial(worker, frames, new Float32Array(16_384));
        frames += 1;
      }
      expect(worker.full).toBe(true);
      const freed = new Promise<void>((resolve) => {
        worker.onActivity = () => (worker.full ? undefined : resolve());
      });
      for (let index = 0; index < frames; index += 1) await nextFrame(master);
      await freed;
      expect(worker.full).toBe(false);
    });

    test('what was sent before a close still arrives, then the other end learns that the link is closed', async () => {
      const { master, worker } = await open();
      sendPartial(worker, 1, new Float32Array(10_000).fill(1));
      worker.close();
      expect(floatsOf(await nextFrame(master))).toHaveLength(10_000);
      await expect(nextFrame(master)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
      expect(await master.closed).toBeInstanceOf(ClusterFailedError);
      expect(master.closedBecause).toBeDefined();
    });

    test('the reason given to close is what the closing end reports', async () => {
      const { master } = await open();
      const reason = new ClusterFailedError('TIMEOUT', 'Because.');
      master.close(reason);
      expect(() => master.poll()).toThrow(reason);
      expect(await master.closed).toBe(reason);
      expect(() => master.send('bye', {})).not.toThrow();
    });

    test('a message that has no place on this link closes it on the receiving side only by name', async () => {
      const { master, worker } = await open();
      worker.send('hello', { hearthVersion: '1', rank: 1, tokenProof: 'a'.repeat(64) });
      await expect(nextFrame(master)).rejects.toMatchObject({ code: 'PROTOCOL_UNKNOWN_MESSAGE' });
      await expect(nextFrame(worker)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    });

    test('a message against its direction is refused', async () => {
      const { master, worker } = await open();
      worker.sendTensor(worker.prepare(messages.copyContext, 0));
      await expect(nextFrame(master)).rejects.toMatchObject({ code: 'PROTOCOL_UNKNOWN_MESSAGE' });
    });

    test('a control message with a wrong body closes the link with a named error', async () => {
      const { master, worker } = await open();
      worker.send('nodeLost', { rank: -5, reason: 'x' });
      const closed = new Promise<Error>((resolve) => onControl(master, () => undefined, resolve));
      expect(await closed).toMatchObject({ code: 'PROTOCOL_MALFORMED' });
      await expect(nextFrame(worker)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    });

    test('a message that never comes is a timeout', async () => {
      const { master } = await open();
      await expect(receiveControl(master, ['linkHello'], 20)).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
      expect(master.closedBecause).toMatchObject({ code: 'LINK_TIMEOUT' });
    });

    test('an abort ends a wait', async () => {
      const { master } = await open();
      const abort = new AbortController();
      const waiting = receiveControl(master, ['linkHello'], 60_000, abort.signal);
      abort.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    });

    test('bytes of frames are counted on both sides alike', async () => {
      const { master, worker } = await open();
      const before = master.stats().bytesReceived;
      const sentBefore = worker.stats().bytesSent;
      sendPartial(worker, 0, new Float32Array(100));
      await nextFrame(master);
      expect(master.stats().bytesReceived - before).toBe(12 + 8 + 400);
      expect(worker.stats().bytesSent - sentBefore).toBe(12 + 8 + 400);
    });
  });
}
