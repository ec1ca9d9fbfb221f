import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dtype } from '../../engine/formats/dtype.js';
import { LlamaCppPeer, peerVersion } from '../../main/bench/llama-cpp-peer.js';
import type { ModelShape } from '../../main/bench/model-shape.js';
import { syntheticModelOf } from '../../main/bench/synthetic-model.js';

const tiny: ModelShape = {
  dim: 64, layers: 2, heads: 4, kvHeads: 2, ffnDim: 96, vocab: 320, contextLength: 256, ropeTheta: 10_000, tied: false,
};
const prompt = Array.from({ length: 24 }, (_, index) => 259 + index);
const absent = 'node-llama-cpp is not installed';
const version = await peerVersion();

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'hearth-peer-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

test.for<Dtype>(['f32', 'f16', 'bf16', 'q8_0', 'q4_0'])('llama.cpp loads a synthetic model in %s and is measured on it', async (dtype, context) => {
  if (version === null) return context.skip(absent);
  const ggufPath = await syntheticModelOf(folder, 'tiny', tiny, dtype);
  const peer = await LlamaCppPeer.start({ ggufPath, threads: 1, contextSize: 64, batchSize: prompt.length });
  try {
    expect(peer.threads).toBe(1);
    for (let round = 0; round < 2; round++) {
      const speed = await peer.measure(prompt, 8);
      expect(speed.prefillTokPerS).toBeGreaterThan(0);
      expect(speed.decodeTokPerS).toBeGreaterThan(0);
      expect(Number.isFinite(speed.prefillTokPerS + speed.decodeTokPerS)).toBe(true);
    }
  } finally {
    await peer.close();
  }
  await expect(peer.measure(prompt, 8)).rejects.toThrow('its process ended');
});

test('a file that is not there is refused with the reason', async (context) => {
  if (version === null) return context.skip(absent);
  const options = { ggufPath: join(folder, 'nowhere.gguf'), threads: 1, contextSize: 64, batchSize: 8 };
  await expect(LlamaCppPeer.start(options)).rejects.toMatchObject({
    code: 'BENCH_PEER', message: expect.stringContaining('nowhere.gguf') as string,
  });
});

test('a load that does not come to an end is ended', async (context) => {
  if (version === null) return context.skip(absent);
  const ggufPath = join(folder, 'broken.gguf');
  await writeFile(ggufPath, 'GGUF and then nothing');
  const options = { ggufPath, threads: 1, contextSize: 64, batchSize: 8, loadTimeoutMs: 3000 };
  await expect(LlamaCppPeer.start(options)).rejects.toMatchObject({ code: 'BENCH_PEER' });
});
