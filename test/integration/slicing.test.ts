import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeSafetensorsHeader } from '../../engine/formats/safetensors.js';
import { openModel } from '../../engine/model/model-folder.js';
import { partition } from '../../engine/slices/partition.js';
import { ensureSlices } from '../../engine/slices/ensure-slices.js';
import { SliceBlocks } from '../../engine/slices/slice-blocks.js';

const child = join(import.meta.dirname, 'slicing-child.mjs');
const golden = join(import.meta.dirname, '..', 'golden', 'models', 'llama-gqa');
let folder: string;

beforeEach(async () => {
  expect(existsSync(process.env['HEARTH_DIST'] ?? 'dist'), 'run `npm run build` first').toBe(true);
  folder = await mkdtemp(join(tmpdir(), 'hearth-slicing-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Slices in another process and kills it once `share` of the bytes are written. */
async function killAt(model: string, share: number): Promise<void> {
  const slicing = spawn(process.execPath, [child, model, 'stop-at', String(share)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(slicing, 'exit');
  const first = await Promise.race([once(createInterface(slicing.stdout), 'line'), ended]);
  expect(first).toEqual(['there']);
  slicing.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
}

describe('slicing in a process that is killed', () => {
  test.each([0, 0.3, 0.7, 1])('leaves nothing that looks whole at %f, and the next run starts clean', async (share) => {
    const path = join(folder, 'model');
    await cp(golden, path, { recursive: true });
    await killAt(path, share);

    const left = await readdir(join(path, 'split'));
    expect(left.some((name) => name.includes('.partial-'))).toBe(true);
    for (const name of left) {
      const opened = await SliceBlocks.open(join(path, 'split', name)).catch(() => null);
      // The first node may be done; then every byte of it is right.
      expect(opened === null || (name === 'node_0' && (await opened.damagedFiles()).length === 0)).toBe(true);
    }

    const model = await openModel(path);
    const slices = await ensureSlices({
      model, shares: partition(model.config, [1, 1], { quantised: false }), dtype: null, saveDir: 'split',
    });
    for (const slice of slices) expect(await slice.damagedFiles()).toEqual([]);
    expect((await readdir(join(path, 'split'))).sort()).toEqual(['node_0', 'node_1']);
  });
});

describe('slicing a large model', () => {
  test('needs little memory, whatever the size of a block', async () => {
    const path = join(folder, 'wide');
    await writeWideModel(path);
    const run = spawnSync(process.execPath, [child, path], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    const { startBytes, peakBytes } = JSON.parse(run.stdout) as { startBytes: number; peakBytes: number };
    const ffn = (await stat(join(path, 'split', 'node_1', 'l0.ffn.safetensors'))).size;
    expect(ffn).toBeGreaterThan(280 * 2 ** 20);
    expect(peakBytes - startBytes).toBeLessThan(160 * 2 ** 20);
  });
});

/** One layer of a Llama whose FFN is 576 MiB of BF16 zeros: a sparse file. */
async function writeWideModel(path: string): Promise<void> {
  const dim = 4096;
  const ffn = 24576;
  await cp(golden, path, { recursive: true });
  await writeFile(join(path, 'config.json'), JSON.stringify({
    architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: dim, intermediate_size: ffn, vocab_size: 288,
    num_hidden_layers: 1, num_attention_heads: 32, num_key_value_heads: 4, rms_norm_eps: 1e-5,
    max_position_embeddings: 128, tie_word_embeddings: true,
  }));
  const layer = 'model.layers.0.';
  const shapes: Record<string, number[]> = {
    'model.embed_tokens.weight': [288, dim], 'model.norm.weight': [dim],
    [`${layer}input_layernorm.weight`]: [dim], [`${layer}post_attention_layernorm.weight`]: [dim],
    [`${layer}self_attn.q_proj.weight`]: [dim, dim], [`${layer}self_attn.k_proj.weight`]: [512, dim],
    [`${layer}self_attn.v_proj.weight`]: [512, dim], [`${layer}self_attn.o_proj.weight`]: [dim, dim],
    [`${layer}mlp.gate_proj.weight`]: [ffn, dim], [`${layer}mlp.up_proj.weight`]: [ffn, dim],
    [`${layer}mlp.down_proj.weight`]: [dim, ffn],
  };
  const parts = Object.entries(shapes).map(([name, shape]) => (
    { name, dtype: 'BF16', shape, bytes: 2 * shape.reduce((product, n) => product * n, 1) }
  ));
  const header = encodeSafetensorsHeader(parts, {}, { alignTo: 64 });
  const file = await open(join(path, 'model.safetensors'), 'w');
  await file.writeFile(header);
  await file.truncate(header.length + parts.reduce((sum, { bytes }) => sum + bytes, 0));
  await file.close();
}
