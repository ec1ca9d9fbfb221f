import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskTooSmall, sliceWriteFailure } from '../../../engine/slices/slice-errors.js';
import { sliceFolder } from '../../../engine/slices/slice-folder.js';
import { readManifest, sliceManifest } from '../../../engine/slices/slice-manifest.js';
import { scratchFolder } from '../formats/scratch-folder.js';

const folder = await scratchFolder();

const manifest = {
  format: 'hearth-slices', version: 1, source: { name: 'm', fingerprint: 'a'.repeat(64) }, dtype: null, rank: 0,
  shares: [{ rank: 0, kvHeadStart: 0, kvHeads: 1, ffnStart: 0, ffnColumns: 32 }],
  files: [{
    name: 'l0.attn.safetensors', bytes: 4096, dataOffset: 4096, sha256: 'b'.repeat(64),
    block: { name: 'l0.attn', bytes: 0, tensors: [] },
  }],
};
const withFile = (change: object): unknown => ({ ...manifest, files: [{ ...manifest.files[0], ...change }] });

describe('the slice manifest', () => {
  it('accepts what it should hold', () => {
    expect(sliceManifest.safeParse(manifest).success).toBe(true);
  });

  it.each([
    ['a newer version', { ...manifest, version: 2 }],
    ['a path out of the folder', withFile({ name: '../l0.attn.safetensors' })],
    ['an absolute path', withFile({ name: '/l0.attn.safetensors' })],
    ['a hidden file', withFile({ name: '.attn.safetensors' })],
    ['a negative size', withFile({ bytes: -1 })],
    ['a checksum that is none', withFile({ sha256: 'xyz' })],
    ['an unknown field', { ...manifest, more: 1 }],
    ['more nodes than there can be', { ...manifest, shares: new Array(65).fill(manifest.shares[0]) }],
  ])('refuses %s', (_, value) => {
    expect(sliceManifest.safeParse(value).success).toBe(false);
  });

  it('is null for a folder that has none, or one that is cut off', async () => {
    expect(await readManifest(folder.path)).toBeNull();
    await folder.write('manifest.json', JSON.stringify(manifest).slice(0, -5));
    expect(await readManifest(folder.path)).toBeNull();
    await folder.write('manifest.json', JSON.stringify(manifest));
    expect(await readManifest(folder.path)).toEqual(manifest);
  });
});

describe('sliceFolder', () => {
  it('lies inside a model folder, and beside a GGUF file in a folder of its stem', () => {
    expect(sliceFolder('/models/tiny', 'split', 2)).toBe('/models/tiny/split/node_2');
    expect(sliceFolder('/models/tiny-1.5B.Q4.gguf', 'split', 0)).toBe('/models/tiny-1.5B.Q4/split/node_0');
    expect(sliceFolder('/models/tiny.GGUF', 'a/b', 0)).toBe(join('/models/tiny/a/b/node_0'));
    expect(sliceFolder('/models/llama-3.1', 'split', 0)).toBe('/models/llama-3.1/split/node_0');
  });

  it('is below an absolute folder as that stands', () => {
    expect(sliceFolder('/models/tiny', '/big/disk', 1)).toBe('/big/disk/node_1');
  });
});

describe('a failed write', () => {
  it.each([
    ['ENOSPC', 'SLICES_DISK_FULL', 3], ['EDQUOT', 'SLICES_DISK_FULL', 3], ['EROFS', 'SLICES_NOT_WRITABLE', 2],
    ['EACCES', 'SLICES_NOT_WRITABLE', 2], ['EIO', 'SLICES_WRITE_FAILED', 3],
  ])('becomes one line for %s that names the folder', (errno, code, exitCode) => {
    const failure = sliceWriteFailure(Object.assign(new Error('x'), { code: errno }), '/models/tiny/split');
    expect(failure).toMatchObject({ code, exitCode, message: expect.stringContaining('/models/tiny/split') });
  });

  it('passes errors on that are not the file system\'s', () => {
    const refusal = diskTooSmall('/a', 10, 5);
    expect(sliceWriteFailure(refusal, '/b')).toBe(refusal);
    const bug = new TypeError('bug');
    expect(sliceWriteFailure(bug, '/b')).toBe(bug);
  });
});
