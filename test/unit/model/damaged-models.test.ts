import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelUnusableError } from '../../../engine/errors.js';
import { readGguf } from '../../../engine/formats/gguf.js';
import { readSafetensorsFile } from '../../../engine/formats/safetensors.js';
import { openModel } from '../../../engine/model/model-folder.js';
import { damaged, seededRandom } from '../formats/damage.js';
import { texts, u32, type Typed } from '../formats/gguf-encoder.js';
import { scratchFolder } from '../formats/scratch-folder.js';
import { ggufBytes, ggufMetadata, llamaFiles, writeFolder } from './tiny-model.js';

const scratch = await scratchFolder();
const seed = Number(process.env['HEARTH_SEED'] ?? Date.now() % 2 ** 31);
const ROUNDS = 600;
/** The files have a few ten thousand bytes: whoever believes a lie asks for far more. */
const MOST_BYTES = 64 << 20;

interface Outcomes {
  opened: number;
  refused: Map<string, number>;
}

/** Damages `whole` again and again; every outcome must be a model or a refusal, without much memory. */
async function survive(
  whole: Buffer,
  headerBytes: number,
  path: string,
  attempt: () => Promise<unknown>,
): Promise<Outcomes> {
  const random = seededRandom(seed);
  const outcomes: Outcomes = { opened: 0, refused: new Map() };
  const before = process.memoryUsage();
  for (let round = 0; round < ROUNDS; round++) {
    await writeFile(path, damaged(whole, headerBytes, random));
    const error: unknown = await attempt().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) outcomes.opened++;
    else if (error instanceof ModelUnusableError)
      outcomes.refused.set(error.code, (outcomes.refused.get(error.code) ?? 0) + 1);
    else throw new Error(`HEARTH_SEED=${seed} round ${round}: not a refusal`, { cause: error });
    const { arrayBuffers, rss } = process.memoryUsage();
    expect(arrayBuffers - before.arrayBuffers, `HEARTH_SEED=${seed} round ${round}`).toBeLessThan(MOST_BYTES);
    expect(rss - before.rss, `HEARTH_SEED=${seed} round ${round}`).toBeLessThan(8 * MOST_BYTES);
  }
  // Both must happen, or the damage is not of a kind that tests anything.
  expect(outcomes.opened, `HEARTH_SEED=${seed}`).toBeGreaterThan(0);
  expect(outcomes.refused.size, `HEARTH_SEED=${seed}`).toBeGreaterThan(2);
  return outcomes;
}

describe('a damaged model', () => {
  it('in safetensors opens or is refused, and nothing else', async () => {
    const files = llamaFiles();
    const whole = files['model.safetensors'] as Buffer;
    const folder = await writeFolder(join(scratch.path, 'folder'), files);
    const headerBytes = (await readSafetensorsFile(join(folder, 'model.safetensors'))).dataOffset;
    const { refused } = await survive(whole, headerBytes, join(folder, 'model.safetensors'), () => openModel(folder));
    expect(refused.get('MODEL_HEADER_INVALID')).toBeGreaterThan(0);
    expect(refused.get('MODEL_TRUNCATED')).toBeGreaterThan(0);
  });

  it('in GGUF opens or is refused, and nothing else', async () => {
    const nested: Typed = {
      type: 'array',
      of: 'array',
      value: [texts(['a']), { type: 'array', of: 'u32', value: [u32(1)] }],
    };
    const whole = ggufBytes({ ...ggufMetadata(), nested, 'general.alignment': u32(32) });
    const path = await scratch.write('damaged.gguf', whole);
    const headerBytes = (await readGguf(path)).dataOffset;
    const { refused } = await survive(whole, headerBytes, path, () => openModel(path));
    expect(refused.get('MODEL_HEADER_INVALID')).toBeGreaterThan(0);
    expect(refused.get('MODEL_TRUNCATED')).toBeGreaterThan(0);
  });

  it('by its config opens or is refused, and nothing else', async () => {
    const files = llamaFiles();
    const folder = await writeFolder(join(scratch.path, 'config'), files);
    const config = Buffer.from(
      JSON.stringify({
        ...(files['config.json'] as object),
        rope_scaling: { rope_type: 'linear', factor: 2 },
        head_dim: 8,
        layer_types: null,
      }),
    );
    const random = seededRandom(seed);
    for (let round = 0; round < ROUNDS; round++) {
      await writeFile(join(folder, 'config.json'), damaged(config, config.length, random));
      const error: unknown = await openModel(folder).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) expect(error, `HEARTH_SEED=${seed} round ${round}`).toBeInstanceOf(ModelUnusableError);
    }
  });
});
