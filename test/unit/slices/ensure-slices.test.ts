import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kernels } from '../../../native-kernels/index.js';
import { readSafetensorsFile } from '../../../engine/formats/safetensors.js';
import type { OpenedModel } from '../../../engine/model/model-folder.js';
import type { Progress } from '../../../engine/report/progress.js';
import { CheckpointBlocks } from '../../../engine/slices/checkpoint-blocks.js';
import { ensureSlices, type SliceRequest } from '../../../engine/slices/ensure-slices.js';
import { SliceBlocks } from '../../../engine/slices/slice-blocks.js';
import { copyModel, requestOf } from './sliceable-model.js';

let folder: string;
let model: OpenedModel;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-slices-'));
  model = await copyModel('llama-gqa', folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const split = (...names: string[]): string => join(model.path, 'split', ...names);

/** Runs and says whether anything had to be made. */
async function madeAnything(request: SliceRequest): Promise<boolean> {
  let made = false;
  await ensureSlices({ ...request, onProgress: ({ label }) => { made ||= label.startsWith('Slicing'); } });
  return made;
}

describe('ensureSlices', () => {
  it.each([
    [[1], null], [[5, 2, 1], null], [[1, 1, 1, 1], null], [[1, 1], 'q8_0'], [[2, 1, 1, 1], 'q4_0'], [[1, 2], 'bf16'],
  ] as const)('writes for ratio %j as %s what the checkpoint holds, aligned to pages', async (ratio, dtype) => {
    const slices = await ensureSlices(requestOf(model, ratio, { dtype }));
    expect(slices.map(({ folder: path }) => path)).toEqual(ratio.map((_, rank) => split(`node_${rank}`)));
    const source = new CheckpointBlocks(model.tensors);
    for (const slice of slices) {
      for (const [index, file] of slice.files().entries()) {
        const block = slice.blocks[index]!;
        const bytes = await readFile(file.path);
        expect([file.dataOffset % 4096, bytes.length % 4096]).toEqual([0, 0]);
        const memory = kernels.allocate(block.bytes + 1);
        source.readBlock(block, memory, 0);
        const wanted = Buffer.alloc(block.bytes);
        kernels.read(memory, 0, wanted);
        kernels.free(memory);
        expect(bytes.subarray(file.dataOffset, file.dataOffset + block.bytes).equals(wanted)).toBe(true);
      }
      expect(await slice.damagedFiles()).toEqual([]);
    }
    source.close();
  });

  it('writes safetensors files whose tensors lie where the block says, block types as U8 under their own name', async () => {
    const [slice] = await ensureSlices(requestOf(model, [1, 1], { dtype: 'q8_0' }));
    const block = slice!.blocks[0]!;
    const { path, dataOffset } = slice!.fileOf(block);
    const file = await readSafetensorsFile(path);
    expect(file.dataOffset).toBe(dataOffset);
    for (const tensor of block.tensors) {
      const stored = file.tensors.find(({ name }) => name === tensor.name);
      expect(stored).toMatchObject({ offset: dataOffset + tensor.offset, bytes: tensor.bytes });
    }
    expect(file.tensors.find(({ name }) => name.endsWith('q_proj.weight'))).toMatchObject({ dtype: 'U8', shape: [64, 68] });
    expect(file.metadata['dtype.model.layers.0.self_attn.q_proj.weight']).toBe('q8_0');
    expect(file.metadata['block']).toBe('l0.attn');
  });

  it('uses valid slices again without touching them', async () => {
    const request = requestOf(model, [1, 1]);
    await ensureSlices(request);
    const before = await stat(split('node_1', 'l0.ffn.safetensors'));
    expect(await madeAnything({ ...request, verify: true })).toBe(false);
    expect((await stat(split('node_1', 'l0.ffn.safetensors'))).ino).toBe(before.ino);
  });

  it('makes only the ranks that are asked for', async () => {
    await ensureSlices(requestOf(model, [1, 1, 1], { ranks: [2] }));
    expect(await readdir(split())).toEqual(['node_2']);
  });

  it.each<[string, (request: SliceRequest) => SliceRequest | Promise<SliceRequest>]>([
    ['asked to', (request) => ({ ...request, force: true })],
    ['the partition is another', () => requestOf(model, [3, 1])],
    ['the type is another', (request) => ({ ...request, dtype: 'bf16' })],
    ['the model is another', (request) => ({ ...request, model: { ...model, fingerprint: '0'.repeat(64) } })],
    ['a file is cut short', async (request) => (await truncate(split('node_1', 'l1.ffn.safetensors'), 4096), request)],
    ['a file is missing', async (request) => (await rm(split('node_1', 'l0.attn.safetensors')), request)],
    ['the manifest is damaged', async (request) => (await truncate(split('node_1', 'manifest.json'), 100), request)],
    ['a byte has changed and contents are checked', async (request) => {
      const path = split('node_1', 'l0.ffn.safetensors');
      const bytes = await readFile(path);
      bytes[5000]! ^= 1;
      await writeFile(path, bytes);
      return { ...request, verify: true };
    }],
  ])('makes slices again when %s', async (_, change) => {
    const request = requestOf(model, [1, 1]);
    await ensureSlices(request);
    const changed = await change(request);
    expect(await madeAnything(changed)).toBe(true);
    expect(await madeAnything({ ...changed, force: false })).toBe(false);
    expect(await readdir(split())).toEqual(['node_0', 'node_1']);
  });

  it('reports progress up to exactly the bytes it writes', async () => {
    const seen: Progress[] = [];
    await ensureSlices(requestOf(model, [3, 1], { onProgress: (progress) => seen.push(progress) }));
    let written = 0;
    for (const rank of [0, 1]) {
      for (const name of await readdir(split(`node_${rank}`))) {
        if (name.endsWith('.safetensors')) written += (await stat(split(`node_${rank}`, name))).size;
      }
    }
    expect(seen.at(-1)).toMatchObject({ label: 'Slicing llama-gqa', doneBytes: written, totalBytes: written });
  });

  it('checks for disk space before it writes anything', async () => {
    const request = requestOf(model, [1, 1], { freeBytes: () => Promise.resolve(1_000_000) });
    await expect(ensureSlices(request)).rejects.toMatchObject({
      code: 'SLICES_DISK_FULL', exitCode: 3, message: expect.stringMatching(/1\.0 MB are free in .*--save-dir\.$/),
    });
    expect(await readdir(model.path)).not.toContain('split');
  });

  it('says where it cannot write', async () => {
    await writeFile(split(), 'a file in the way');
    await expect(ensureSlices(requestOf(model, [1, 1]))).rejects.toMatchObject({
      code: 'SLICES_NOT_WRITABLE', exitCode: 2, message: expect.stringContaining('--save-dir'),
    });
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const stop = new AbortController();
    const request = requestOf(model, [1, 1], { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(ensureSlices(request)).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(await readdir(split())).toEqual([]);
  });

  it('leaves nothing behind when the checkpoint ends too early, and keeps the slices that are there', async () => {
    await ensureSlices(requestOf(model, [1, 1], { ranks: [0] }));
    const { file } = model.tensors.get('model.norm.weight')!;
    await truncate(file, 100_000);
    await expect(ensureSlices(requestOf(model, [1, 1]))).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' });
    expect(await readdir(split())).toEqual(['node_0']);
  });

  it('clears what a killed slicing left, but not what a living process writes', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    for (const pid of [dead, process.pid, process.ppid]) {
      await mkdir(split(`node_0.partial-${pid}-0123abcd`), { recursive: true });
    }
    const abandoned = split(`node_1.partial-${process.ppid}-0123abcd`);
    await mkdir(abandoned);
    await utimes(abandoned, new Date(0), new Date(0));
    await ensureSlices(requestOf(model, [1, 1], { ranks: [0] }));
    expect((await readdir(split())).sort()).toEqual(['node_0', `node_0.partial-${process.ppid}-0123abcd`]);
  });

  it('leaves no native memory behind', async () => {
    const before = kernels.memoryStats();
    await ensureSlices(requestOf(model, [1, 1, 1]));
    const { allocatedBytes, handles } = kernels.memoryStats();
    expect({ allocatedBytes, handles }).toEqual({ allocatedBytes: before.allocatedBytes, handles: before.handles });
  });
});

describe('SliceBlocks', () => {
  it('refuses a folder that holds no whole slice, and says what to do', async () => {
    await expect(SliceBlocks.open(folder)).rejects.toMatchObject({
      code: 'SLICES_INVALID', exitCode: 3, message: expect.stringContaining('--split-bin'),
    });
    await ensureSlices(requestOf(model, [1]));
    await rm(split('node_0', 'l0.ffn.safetensors'));
    await expect(SliceBlocks.open(split('node_0'))).rejects.toThrow('lacks l0.ffn.safetensors');
  });

  it('names exactly the files whose content has changed', async () => {
    const [slice] = await ensureSlices(requestOf(model, [1]));
    const path = slice!.files()[1]!.path;
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 0x80;
    await writeFile(path, bytes);
    expect(await slice!.damagedFiles()).toEqual(['l0.ffn.safetensors']);
  });
});
