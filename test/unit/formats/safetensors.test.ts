import { describe, expect, it } from 'vitest';
import {
  encodeSafetensorsHeader,
  readSafetensorsFile,
  readSafetensorsHeader,
} from '../../../engine/formats/safetensors.js';
import { expectRefusal } from './refusal.js';
import { safetensorsBytes } from './safetensors-encoder.js';
import { scratchFolder } from './scratch-folder.js';

const scratch = await scratchFolder();
const tensor = (dtype: string, shape: number[], start: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

async function refuses(name: string, bytes: Uint8Array, code: string, ...parts: string[]): Promise<void> {
  const file = await scratch.write(name, bytes);
  await expectRefusal(readSafetensorsHeader(file), code, file, ...parts);
}

describe('readSafetensorsHeader', () => {
  it('gives every tensor with its place from the start of the file, whatever the order in the header', async () => {
    const header = { b: tensor('BF16', [3], 24, 30), a: tensor('F32', [2, 3], 0, 24), c: tensor('F16', [], 30, 32) };
    const bytes = safetensorsBytes(header, 32);
    const file = await scratch.write('plain.safetensors', bytes);
    const start = bytes.length - 32;
    expect(await readSafetensorsHeader(file)).toEqual([
      { name: 'a', file, offset: start, bytes: 24, dtype: 'f32', shape: [2, 3] },
      { name: 'b', file, offset: start + 24, bytes: 6, dtype: 'bf16', shape: [3] },
      { name: 'c', file, offset: start + 30, bytes: 2, dtype: 'f16', shape: [] },
    ]);
  });

  it('leaves out filler called _padding and refuses other bytes', async () => {
    const padded = { w: tensor('F32', [1], 0, 4), _padding: tensor('U8', [12], 4, 16) };
    const file = await scratch.write('padded.safetensors', safetensorsBytes(padded, 16));
    expect((await readSafetensorsHeader(file)).map(({ name }) => name)).toEqual(['w']);
    await refuses(
      'bytes.safetensors',
      safetensorsBytes({ w: tensor('U8', [4], 0, 4) }, 4),
      'MODEL_TENSOR_TYPE',
      '"w"',
      '"U8"',
    );
  });

  it('takes tensors without values beside others at the same place', async () => {
    const header = {
      full: tensor('F32', [2], 0, 8),
      none: tensor('F32', [0, 7], 0, 0),
      last: tensor('F32', [0], 8, 8),
    };
    const file = await scratch.write('empty.safetensors', safetensorsBytes(header, 8));
    expect(new Set((await readSafetensorsHeader(file)).map(({ name }) => name))).toEqual(
      new Set(['full', 'none', 'last']),
    );
  });

  it.each([
    ['an empty file', Buffer.alloc(0), 'MODEL_TRUNCATED', '0 bytes'],
    ['a file that ends in its header', safetensorsBytes({}, 0, 50n), 'MODEL_TRUNCATED', 'inside its header'],
    ['a header of 2^63 bytes', safetensorsBytes({}, 0, 2n ** 63n), 'MODEL_HEADER_INVALID', 'header'],
    ["a header over the format's bound", safetensorsBytes({}, 0, 100_000_001n), 'MODEL_HEADER_INVALID', '100000001'],
    ['a header that is no JSON', safetensorsBytes('{"a":', 0), 'MODEL_HEADER_INVALID', 'JSON'],
    ['a header that is a list', safetensorsBytes([1], 0), 'MODEL_HEADER_INVALID', 'JSON object'],
    ['metadata that is no text', safetensorsBytes({ __metadata__: { a: 1 } }, 0), 'MODEL_HEADER_INVALID', 'metadata'],
    ['data that ends early', safetensorsBytes({ a: tensor('F32', [2], 0, 8) }, 7), 'MODEL_TRUNCATED', 'describes'],
    [
      'bytes after the last tensor',
      safetensorsBytes({ a: tensor('F32', [2], 0, 8) }, 9),
      'MODEL_HEADER_INVALID',
      '1 bytes',
    ],
    ['a shape that lies', safetensorsBytes({ a: tensor('F32', [3], 0, 8) }, 8), 'MODEL_HEADER_INVALID', '"a"'],
    [
      'a shape whose bytes overflow',
      safetensorsBytes({ a: tensor('F32', [2 ** 40, 2 ** 40], 0, 8) }, 8),
      'MODEL_HEADER_INVALID',
      '"a"',
    ],
    ['a negative length', safetensorsBytes({ a: tensor('F32', [-2, -1], 0, 8) }, 8), 'MODEL_HEADER_INVALID', 'shape'],
    ['a broken length', safetensorsBytes({ a: tensor('F32', [0.5, 4], 0, 8) }, 8), 'MODEL_HEADER_INVALID', 'shape'],
    ['an end before its start', safetensorsBytes({ a: tensor('F32', [2], 8, 0) }, 8), 'MODEL_HEADER_INVALID', '"a"'],
    [
      'one offset only',
      safetensorsBytes({ a: { dtype: 'F32', shape: [2], data_offsets: [0] } }, 8),
      'MODEL_HEADER_INVALID',
      'data_offsets',
    ],
    ['a tensor that is a number', safetensorsBytes({ a: 5 }, 0), 'MODEL_HEADER_INVALID', '"a"'],
    ['an unknown dtype', safetensorsBytes({ a: tensor('F31', [2], 0, 8) }, 8), 'MODEL_HEADER_INVALID', '"F31"'],
    [
      'a dtype not used for weights',
      safetensorsBytes({ a: tensor('I64', [1], 0, 8) }, 8),
      'MODEL_TENSOR_TYPE',
      '"I64"',
    ],
    [
      'an overlap',
      safetensorsBytes({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [2], 4, 12) }, 12),
      'MODEL_HEADER_INVALID',
      'overlaps',
    ],
    [
      'a hole',
      safetensorsBytes({ a: tensor('F32', [2], 0, 8), b: tensor('F32', [1], 12, 16) }, 16),
      'MODEL_HEADER_INVALID',
      'hole',
    ],
    [
      'a name given twice',
      safetensorsBytes(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      'MODEL_HEADER_INVALID',
      'twice',
    ],
  ])('refuses %s', async (what, bytes, code, part) => {
    await refuses(`${what.replaceAll(/\W+/g, '-')}.safetensors`, bytes, code, part);
  });

  it('shows a hostile name in one harmless line', async () => {
    const name = 'evil\u001b[31m\nname' + 'x'.repeat(500);
    const file = await scratch.write('hostile.safetensors', safetensorsBytes({ [name]: tensor('I64', [1], 0, 8) }, 8));
    await expectRefusal(readSafetensorsHeader(file), 'MODEL_TENSOR_TYPE', 'evil?[31m?name');
  });

  it('names a file that is not there, and a folder in its place', async () => {
    await expectRefusal(readSafetensorsHeader(`${scratch.path}/none`), 'MODEL_FILE_MISSING', 'none');
    await expectRefusal(readSafetensorsHeader(scratch.path), 'MODEL_UNREADABLE', scratch.path);
  });
});

describe('encodeSafetensorsHeader', () => {
  it('writes a header that reads back, with the data at a whole page', async () => {
    const parts = [
      { name: 'w', dtype: 'U8', shape: [2, 34], bytes: 68 },
      { name: 'norm', dtype: 'F32', shape: [4], bytes: 16 },
      { name: '_padding', dtype: 'U8', shape: [12], bytes: 12 },
    ];
    const header = encodeSafetensorsHeader(parts, { dtype: 'q8_0' }, { alignTo: 4096 });
    expect(header.length % 4096).toBe(0);
    const file = await scratch.write('written.safetensors', Buffer.concat([header, Buffer.alloc(96)]));
    const { metadata, tensors, dataOffset } = await readSafetensorsFile(file);
    expect(dataOffset).toBe(header.length);
    expect(metadata).toEqual({ dtype: 'q8_0' });
    expect(tensors).toEqual([
      { name: 'w', dtype: 'U8', shape: [2, 34], offset: dataOffset, bytes: 68 },
      { name: 'norm', dtype: 'F32', shape: [4], offset: dataOffset + 68, bytes: 16 },
      { name: '_padding', dtype: 'U8', shape: [12], offset: dataOffset + 84, bytes: 12 },
    ]);
  });

  it('keeps to a whole page whatever the length of the names', () => {
    for (let length = 1; length < 200; length++) {
      const header = encodeSafetensorsHeader(
        [{ name: 'n'.repeat(length), dtype: 'F32', shape: [1], bytes: 4 }],
        {},
        { alignTo: 128 },
      );
      expect(header.length % 128).toBe(0);
      expect(Buffer.from(header).readBigUInt64LE()).toBe(BigInt(header.length - 8));
    }
  });
});
