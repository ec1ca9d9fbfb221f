import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedModel } from '../../../engine/model/model-folder.js';
import { ensureSlices, type MadeBytes, type SliceRequest } from '../../../engine/slices/ensure-slices.js';
import { copyModel, requestOf } from './sliceable-model.js';

let folder: string;
let model: OpenedModel;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-slices-'));
  model = await copyModel('llama-gqa', folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const split = (...names: string[]): string => join(model.path, 'split', ...names);

/** Slices, checks every file's content, and tells what was cut and what was there. */
async function made(request: SliceRequest): Promise<MadeBytes> {
  let counted: MadeBytes = { cutBytes: 0, reusedBytes: 0 };
  const slices = await ensureSlices({ ...request, onMade: (bytes) => (counted = bytes) });
  for (const slice of slices) expect(await slice.damagedFiles()).toEqual([]);
  return counted;
}

async function sizeOf(rank: number): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(split(`node_${rank}`))) {
    if (name.endsWith('.safetensors')) bytes += (await stat(split(`node_${rank}`, name))).size;
  }
  return bytes;
}

describe('Slicing for another partition', () => {
  it('cuts nothing that a laptop’s coming does not change', async () => {
    const first = await made(requestOf(model, [1, 1]));
    expect(first.reusedBytes).toBe(0);
    const inodes = await stat(split('node_1', 'l0.ffn.safetensors'));
    const second = await made(requestOf(model, [1, 1, 0]));
    expect(second).toEqual({ cutBytes: await sizeOf(2), reusedBytes: first.cutBytes });
    expect((await stat(split('node_1', 'l0.ffn.safetensors'))).ino).toBe(inodes.ino);
    expect(await readdir(split())).toEqual(['node_0', 'node_1', 'node_2']);
  });

  it('cuts only what a laptop’s going changes', async () => {
    await made(requestOf(model, [2, 1, 1]));
    const master = await sizeOf(0);
    const { cutBytes, reusedBytes } = await made(requestOf(model, [2, 2]));
    expect(reusedBytes).toBeGreaterThanOrEqual(master);
    expect(cutBytes).toBeGreaterThan(0);
    expect(cutBytes + reusedBytes).toBe(master + await sizeOf(1));
  });

  it('takes blocks from whichever rank had them, even from slices that it replaces, and from folders it is told of', async () => {
    const away = join(folder, 'away');
    await made({ ...requestOf(model, [0, 1, 1]), saveDir: away });
    const heads = await made({ ...requestOf(model, [0, 1, 0, 1]), reuseFrom: [join(away, 'node_1'), join(away, 'node_2')] });
    // Rank 2's blocks are rank 3's now; the blocks of ranks that hold nothing are the same wherever they are.
    expect(heads.reusedBytes).toBeGreaterThan(0.9 * (await sizeOf(1) + await sizeOf(3)));
    const back = await made(requestOf(model, [0, 1, 1]));
    expect(back.reusedBytes).toBeGreaterThan(0.9 * (await sizeOf(1) + await sizeOf(2)));
  });

  it('uses of another type only what is the same in all: the final norm', async () => {
    await made(requestOf(model, [1, 1]));
    const norm = await stat(split('node_0', 'output.norm.safetensors'));
    expect((await made(requestOf(model, [1, 1, 0], { dtype: 'bf16' }))).reusedBytes).toBe(norm.size);
  });

  it.each<[string, (request: SliceRequest) => SliceRequest]>([
    ['of another model', (request) => ({ ...request, model: { ...model, fingerprint: '0'.repeat(64) } })],
    ['when all is to be made again', (request) => ({ ...request, force: true })],
  ])('uses nothing %s', async (_, change) => {
    await made(requestOf(model, [1, 1]));
    expect((await made(change(requestOf(model, [1, 1, 0])))).reusedBytes).toBe(0);
  });

  it('cuts again what is damaged, where contents are checked', async () => {
    const first = await made(requestOf(model, [1, 1]));
    const damaged = split('node_1', 'l0.ffn.safetensors');
    const { size } = await stat(damaged);
    await writeFile(damaged, Buffer.alloc(size));
    const second = await made({ ...requestOf(model, [1, 1, 0]), verify: true });
    expect(second.reusedBytes).toBe(first.cutBytes - size);
  });

  it('leaves nothing behind when it is interrupted, and keeps what was there', async () => {
    await made(requestOf(model, [2, 1, 1]));
    const stop = new AbortController();
    const request = requestOf(model, [1, 2, 1], { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(ensureSlices(request)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await readdir(split())).toEqual(['node_0', 'node_1', 'node_2']);
  });
});
