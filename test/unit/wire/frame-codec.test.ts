import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldOf, FrameDecoder, headerBytes, writeHeader } from '../../../engine/wire/frame-codec.js';
import { messages, messagesFor, protocolVersion, type Message } from '../../../engine/wire/messages.js';
import { ProtocolError } from '../../../engine/wire/protocol-error.js';

const accepts = messagesFor({ channel: 'data', role: 'worker' });
const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

function frame(message: Message, body: Uint8Array, sequence: number): Buffer {
  const bytes = Buffer.alloc(headerBytes + body.length);
  writeHeader(new DataView(bytes.buffer, bytes.byteOffset), message, body.length, sequence);
  bytes.set(body, headerBytes);
  return bytes;
}

function decodeAll(chunks: readonly Uint8Array[]): { name: string; body: number[] }[] {
  const decoder = new FrameDecoder(accepts);
  const frames = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let next = decoder.next(); next !== undefined; next = decoder.next()) {
      frames.push({ name: next.message.name, body: [...next.body] });
    }
  }
  return frames;
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = Math.max(1, sizes[index % sizes.length] ?? 1);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const body = fc.uint8Array({ minLength: 0, maxLength: 300 }).map((bytes) => bytes.subarray(0, bytes.length & ~3));
const bodies = fc.array(body.map((bytes) => Buffer.concat([Buffer.alloc(8), bytes])), { minLength: 1, maxLength: 8 });

describe('The frame decoder', () => {
  test('gives back what was sent, however the stream is cut', () => {
    fc.assert(fc.property(bodies, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map((one, index) => frame(messages.partial, one, index)));
      expect(decodeAll(cut(stream, sizes))).toEqual(sent.map((one) => ({ name: 'partial', body: [...one] })));
    }), seed);
  });

  test('hands out views of one buffer, and leaves what was pushed to its owner', () => {
    const decoder = new FrameDecoder(accepts);
    const frames = [0, 1].map((sequence) => frame(messages.partial, Buffer.alloc(64, 3), sequence));
    const bodies = frames.map((bytes) => {
      decoder.push(bytes);
      bytes.fill(0);
      const { body: got } = decoder.next()!;
      expect(got.every((byte) => byte === 3)).toBe(true);
      return got;
    });
    expect(bodies[1]).toBe(bodies[0]);
  });

  test('reads fields as little-endian u32 and values behind them', () => {
    const sent = Buffer.alloc(16);
    sent.writeUInt32LE(0xfedcba98, 0);
    sent.writeUInt32LE(7, 4);
    sent.writeFloatLE(1.5, 8);
    const decoder = new FrameDecoder(accepts);
    decoder.push(frame(messages.partial, sent, 0));
    const next = decoder.next();
    if (next === undefined) throw new Error('no frame');
    expect([fieldOf(next, 0), fieldOf(next, 1), next.values.length]).toEqual([0xfedcba98, 7, 8]);
    expect(Buffer.from(next.values).readFloatLE(0)).toBe(1.5);
  });

  test.each([
    ['bytes of another protocol', (b: Buffer) => b.writeUInt8(0, 0), 'PROTOCOL_MALFORMED'],
    ['another version', (b: Buffer) => b.writeUInt8(protocolVersion + 1, 2), 'PROTOCOL_VERSION'],
    ['an unknown number', (b: Buffer) => b.writeUInt8(255, 3), 'PROTOCOL_UNKNOWN_MESSAGE'],
    ['a message of another channel', (b: Buffer) => b.writeUInt8(messages.plan.type, 3), 'PROTOCOL_UNKNOWN_MESSAGE'],
    ['a body beyond its bound', (b: Buffer) => b.writeUInt32LE(messages.partial.maxBytes + 4, 4), 'PROTOCOL_OVERSIZED'],
    ['a body of 4 GiB', (b: Buffer) => b.writeUInt32LE(0xffffffff, 4), 'PROTOCOL_OVERSIZED'],
    ['a tensor that ends within a float', (b: Buffer) => b.writeUInt32LE(13, 4), 'PROTOCOL_MALFORMED'],
    ['a tensor without its fields', (b: Buffer) => b.writeUInt32LE(4, 4), 'PROTOCOL_MALFORMED'],
    ['a frame too early', (b: Buffer) => b.writeUInt32LE(1, 8), 'PROTOCOL_OUT_OF_ORDER'],
  ])('refuses %s by its header alone, and for good', (_, spoil, code) => {
    const bytes = frame(messages.partial, Buffer.alloc(8), 0);
    spoil(bytes);
    const decoder = new FrameDecoder(accepts);
    decoder.push(bytes.subarray(0, headerBytes));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code }) as Error);
    decoder.push(frame(messages.partial, Buffer.alloc(8), 0));
    expect(() => decoder.next()).toThrow(ProtocolError);
  });

  test('a frame that comes twice is out of order', () => {
    const bytes = frame(messages.partial, Buffer.alloc(8), 0);
    expect(() => decodeAll([bytes, bytes])).toThrow(expect.objectContaining({ code: 'PROTOCOL_OUT_OF_ORDER' }) as Error);
  });

  test('random bytes yield nothing but a named error', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: headerBytes, maxLength: 200 }), (bytes) => {
      fc.pre(bytes[0] !== 0x48 || bytes[1] !== 0x4e);
      expect(() => decodeAll([bytes])).toThrow(ProtocolError);
    }), seed);
  });

  test('a truncated stream yields its whole frames and waits', () => {
    fc.assert(fc.property(bodies, fc.nat(), (sent, at) => {
      const frames = sent.map((one, index) => frame(messages.partial, one, index));
      const stream = Buffer.concat(frames);
      const length = at % stream.length;
      let whole = 0;
      for (let end = 0; end + (frames[whole]?.length ?? Infinity) <= length; whole += 1) end += frames[whole]?.length ?? 0;
      expect(decodeAll([stream.subarray(0, length)])).toHaveLength(whole);
    }), seed);
  });

  test('a flipped bit in a header never goes unnoticed, save a shorter or longer body', () => {
    fc.assert(fc.property(bodies, fc.nat({ max: headerBytes * 8 - 1 }), (sent, bit) => {
      fc.pre(Math.floor(bit / 8) < 4 || Math.floor(bit / 8) >= 8);
      const stream = Buffer.concat(sent.map((one, index) => frame(messages.partial, one, index)));
      const at = Math.floor(bit / 8);
      stream.writeUInt8(stream.readUInt8(at) ^ (1 << (bit % 8)), at);
      // Message numbers one bit apart are other messages, which the owner of the link refuses.
      const first = (() => {
        try {
          return decodeAll([stream])[0]?.name ?? 'waits';
        } catch (error) {
          return error;
        }
      })();
      expect(first).not.toBe('partial');
    }), seed);
  });

  test('flipped bits anywhere never crash it and never yield a body beyond its bound', () => {
    fc.assert(fc.property(bodies, fc.array(fc.nat(), { maxLength: 6 }), (sent, bits) => {
      const stream = Buffer.concat(sent.map((one, index) => frame(messages.partial, one, index)));
      for (const bit of bits) {
        const at = Math.floor(bit / 8) % stream.length;
        stream.writeUInt8(stream.readUInt8(at) ^ (1 << (bit % 8)), at);
      }
      try {
        for (const { body: got } of decodeAll(cut(stream, [17]))) expect(got.length).toBeLessThanOrEqual(stream.length);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }), seed);
  });
});

describe('The table of messages', () => {
  const all = Object.entries(messages) as [string, Message][];

  test('every number stands for one message, and every name is the one it is found by', () => {
    expect(new Set(all.map(([, message]) => message.type)).size).toBe(all.length);
    for (const [name, message] of all) expect(message.name).toBe(name);
  });

  test('no message is unbounded', () => {
    for (const [, message] of all) expect(message.maxBytes).toBeLessThanOrEqual(256 * 1024);
  });

  test('a message beyond its bound cannot be sent', () => {
    const header = new DataView(new ArrayBuffer(headerBytes));
    expect(() => writeHeader(header, messages.open, messages.open.maxBytes + 1, 0))
      .toThrow(expect.objectContaining({ code: 'PROTOCOL_OVERSIZED' }) as Error);
  });
});
