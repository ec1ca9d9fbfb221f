import { describe, expect, it } from 'vitest';
import { readGguf } from '../../../engine/formats/gguf.js';
import { encodeGguf, f32, text, texts, u32, type GgufPlan, type Typed } from './gguf-encoder.js';
import { expectRefusal } from './refusal.js';
import { scratchFolder } from './scratch-folder.js';

const scratch = await scratchFolder();
const small = { name: 'w', type: 0, lengths: [4, 2], data: Buffer.alloc(32) };

async function refuses(plan: GgufPlan | Buffer, code: string, ...parts: string[]): Promise<void> {
  const file = await scratch.write('refused.gguf', Buffer.isBuffer(plan) ? plan : encodeGguf(plan));
  await expectRefusal(readGguf(file), code, file, ...parts);
}

describe('readGguf', () => {
  it('reads every kind of metadata', async () => {
    const numbers: Record<string, Typed> = {
      u8: { type: 'u8', value: 255 },
      i8: { type: 'i8', value: -3 },
      u16: { type: 'u16', value: 65535 },
      i16: { type: 'i16', value: -300 },
      u32: u32(4e9),
      i32: { type: 'i32', value: -5 },
      f32: f32(0.5),
      u64: { type: 'u64', value: 2n ** 53n - 1n },
      i64: { type: 'i64', value: -(2n ** 53n - 1n) },
      f64: { type: 'f64', value: 0.1 },
      yes: { type: 'bool', value: 1 },
      no: { type: 'bool', value: 0 },
    };
    const nested: Typed = { type: 'array', of: 'array', value: [texts(['a', 'Ġé']), texts([])] };
    const file = await scratch.write(
      'all.gguf',
      encodeGguf({ metadata: { ...numbers, word: text('hé'), nested }, tensors: [] }),
    );
    expect(Object.fromEntries((await readGguf(file)).metadata)).toEqual({
      u8: 255,
      i8: -3,
      u16: 65535,
      i16: -300,
      u32: 4e9,
      i32: -5,
      f32: 0.5,
      u64: 2 ** 53 - 1,
      i64: -(2 ** 53 - 1),
      f64: 0.1,
      yes: true,
      no: false,
      word: 'hé',
      nested: [['a', 'Ġé'], []],
    });
  });

  it.each([
    [0, 'f32', 512, 2048],
    [1, 'f16', 512, 1024],
    [30, 'bf16', 512, 1024],
    [2, 'q4_0', 512, 288],
    [3, 'q4_1', 512, 320],
    [6, 'q5_0', 512, 352],
    [7, 'q5_1', 512, 384],
    [8, 'q8_0', 512, 544],
    [12, 'q4_k', 512, 288],
    [13, 'q5_k', 512, 352],
    [14, 'q6_k', 512, 420],
  ])('knows the bytes of ggml type %i, %s', async (type, dtype, row, rowBytes) => {
    const plan = { metadata: {}, tensors: [{ name: 'w', type, lengths: [row, 3], data: Buffer.alloc(rowBytes * 3) }] };
    const file = await scratch.write(`${dtype}.gguf`, encodeGguf(plan));
    expect((await readGguf(file)).tensors).toMatchObject([{ dtype, bytes: rowBytes * 3, shape: [3, row] }]);
  });

  it.each([2, 3])('gives the places and row-major shapes of a version %i file', async (version) => {
    const tensors = [
      { name: 'a', type: 0, lengths: [4, 3], data: Buffer.alloc(48) },
      { name: 'b', type: 8, lengths: [32], data: Buffer.alloc(34) },
    ];
    const bytes = encodeGguf({ version, metadata: { 'general.alignment': u32(64) }, tensors, alignment: 64 });
    const file = await scratch.write('two.gguf', bytes);
    const start = bytes.length - 128;
    const found = await readGguf(file);
    expect(found.dataOffset).toBe(start);
    expect(found.tensors).toEqual([
      { name: 'a', file, dtype: 'f32', shape: [3, 4], offset: start, bytes: 48 },
      { name: 'b', file, dtype: 'q8_0', shape: [32], offset: start + 64, bytes: 34 },
    ]);
  });

  it('reads a header of several chunks exactly', async () => {
    const tokens = Array.from({ length: 20_000 }, (_, i) => `token ${i} ${'é'.repeat(i % 7)}`);
    const long = text('é'.repeat(9 << 20));
    const plan = {
      metadata: { long, tokens: texts(tokens), longer: text('x'.repeat(40 << 20)), last: u32(7) },
      tensors: [small],
    };
    const file = await scratch.write('large.gguf', encodeGguf(plan));
    const { metadata, tensors } = await readGguf(file);
    expect(metadata.get('long')).toHaveLength(9 << 20);
    expect(metadata.get('longer')).toHaveLength(40 << 20);
    expect(metadata.get('tokens')).toEqual(tokens);
    expect(metadata.get('last')).toBe(7);
    expect(tensors).toHaveLength(1);
  });

  it.each<[string, GgufPlan | Buffer, string, string]>([
    ['another format', Buffer.from('PK\u0003\u0004 something else entirely'), 'MODEL_HEADER_INVALID', 'not a GGUF'],
    ['version 1', { version: 1, metadata: {}, tensors: [] }, 'MODEL_HEADER_INVALID', 'version 1'],
    ['version 4', { version: 4, metadata: {}, tensors: [] }, 'MODEL_HEADER_INVALID', 'version 4'],
    ['a big endian file', { version: 0x03000000, metadata: {}, tensors: [] }, 'MODEL_HEADER_INVALID', 'big endian'],
    ['an empty file', Buffer.alloc(0), 'MODEL_TRUNCATED', 'header'],
    [
      'a lying metadata count',
      { metadata: {}, tensors: [], counts: { metadata: 2n ** 63n } },
      'MODEL_HEADER_INVALID',
      'metadata keys',
    ],
    [
      'a lying tensor count',
      { metadata: {}, tensors: [], counts: { tensors: 2n ** 40n } },
      'MODEL_HEADER_INVALID',
      'tensors',
    ],
    [
      'an inexact number',
      { metadata: { a: { type: 'u64', value: 2n ** 60n } }, tensors: [] },
      'MODEL_HEADER_INVALID',
      'exact',
    ],
    [
      'a bool of 2',
      { metadata: { a: { type: 'bool', value: 2 } }, tensors: [] },
      'MODEL_HEADER_INVALID',
      'true or false',
    ],
    [
      'an alignment of 24',
      { metadata: { 'general.alignment': u32(24) }, tensors: [] },
      'MODEL_HEADER_INVALID',
      'alignment',
    ],
    [
      'an alignment of 0',
      { metadata: { 'general.alignment': u32(0) }, tensors: [] },
      'MODEL_HEADER_INVALID',
      'alignment',
    ],
    ['a type not read', { metadata: {}, tensors: [{ ...small, type: 10 }] }, 'MODEL_TENSOR_TYPE', '"w" has type Q2_K'],
    ['an unknown type', { metadata: {}, tensors: [{ ...small, type: 99 }] }, 'MODEL_HEADER_INVALID', 'type 99'],
    [
      'a row of half a block',
      { metadata: {}, tensors: [{ ...small, type: 8, lengths: [16, 2] }] },
      'MODEL_HEADER_INVALID',
      'blocks',
    ],
    ['no dimension', { metadata: {}, tensors: [{ ...small, lengths: [] }] }, 'MODEL_HEADER_INVALID', '0 dimensions'],
    [
      'five dimensions',
      { metadata: {}, tensors: [{ ...small, lengths: [1, 1, 1, 1, 8] }] },
      'MODEL_HEADER_INVALID',
      '5 dimensions',
    ],
    ['a length of 0', { metadata: {}, tensors: [{ ...small, lengths: [0, 4] }] }, 'MODEL_HEADER_INVALID', 'shape'],
    [
      'a shape beyond counting',
      { metadata: {}, tensors: [{ ...small, lengths: [2 ** 40, 2 ** 40] }] },
      'MODEL_HEADER_INVALID',
      'shape',
    ],
    ['an offset beyond the end', { metadata: {}, tensors: [{ ...small, offset: 3200 }] }, 'MODEL_TRUNCATED', '"w"'],
    [
      'an offset off the alignment',
      { metadata: {}, tensors: [{ ...small, offset: 4 }] },
      'MODEL_HEADER_INVALID',
      'alignment',
    ],
    [
      'overlapping tensors',
      { metadata: {}, tensors: [small, { ...small, name: 'v', offset: 0 }] },
      'MODEL_HEADER_INVALID',
      'overlaps',
    ],
    ['a tensor named twice', { metadata: {}, tensors: [small, small] }, 'MODEL_HEADER_INVALID', 'twice'],
  ])('refuses %s', async (_, plan, code, part) => {
    await refuses(plan, code, part);
  });

  it('refuses a key given twice', async () => {
    const bytes = encodeGguf({ metadata: { same: u32(1), sama: u32(2) }, tensors: [] });
    bytes.write('same', bytes.indexOf('sama'));
    await refuses(bytes, 'MODEL_HEADER_INVALID', '"same" twice');
  });

  it('refuses an array whose count or nesting is a lie', async () => {
    const bytes = encodeGguf({ metadata: { list: { type: 'array', of: 'u64', value: [] } }, tensors: [] });
    const count = bytes.indexOf('list') + 4 + 4 + 4;
    for (const lie of [2n ** 62n, 5_000_000n, 1000n]) {
      bytes.writeBigUInt64LE(lie, count);
      await refuses(bytes, 'MODEL_HEADER_INVALID', '"list"', 'elements');
    }
    let deep: Typed = texts([]);
    for (let i = 0; i < 6; i++) deep = { type: 'array', of: 'array', value: [deep] };
    await refuses({ metadata: { deep }, tensors: [] }, 'MODEL_HEADER_INVALID', 'nests');
  });

  it('refuses a text longer than the file before making room for it', async () => {
    const bytes = encodeGguf({ metadata: { word: text('abc') }, tensors: [] });
    bytes.writeBigUInt64LE(2n ** 50n, bytes.indexOf('abc') - 8);
    const before = process.memoryUsage().arrayBuffers;
    await refuses(bytes, 'MODEL_HEADER_INVALID', 'text');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 << 20);
  });

  it('refuses a file cut off at any byte', async () => {
    const whole = encodeGguf({ metadata: { a: u32(1), words: texts(['x', 'yz']) }, tensors: [small] });
    for (let length = 0; length < whole.length; length++) {
      const file = await scratch.write('cut.gguf', whole.subarray(0, length));
      await expectRefusal(readGguf(file), 'MODEL_TRUNCATED').catch((error: unknown) => {
        // A cut inside an array is seen from its count, before the end of the file is met.
        return expectRefusal(readGguf(file), 'MODEL_HEADER_INVALID', 'more than').catch(() =>
          Promise.reject(error as Error),
        );
      });
    }
  });
});
