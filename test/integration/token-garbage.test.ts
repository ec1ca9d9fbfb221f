import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { goldenModel } from '../golden/golden-model.js';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');

/**
 * Decodes in a process whose young generation is so large that nothing is collected meanwhile: what the heap grows by is
 * what was thrown away. The second hundred tokens are measured, when the code is compiled.
 */
const script = `
const [dist, path, store] = process.argv.slice(1);
const engine = (file) => import(dist + '/engine/' + file + '.js');
const { openModel } = await engine('model/model-folder');
const { soloSettings } = await engine('shard/solo-settings');
const { planSliceShard } = await engine('shard/slice-settings');
const { embeddingTable } = await engine('shard/shard-plan');
const { ShardRunner } = await engine('shard/shard-runner');
const { soloAllReduce } = await engine('collective/all-reduce');
const { partition } = await engine('slices/partition');
const { ensureSlices } = await engine('slices/ensure-slices');
const { kernels } = await import(dist + '/native-kernels/index.js');
const model = await openModel(path);
const { config } = model;
const inWindow = async () => {
  const shares = partition(config, [1], { quantised: false });
  const [slice] = await ensureSlices({ model, shares, dtype: null, saveDir: 'split' });
  return planSliceShard({
    config, share: shares[0], worldSize: 1, slice, window: { kind: 'window', blocks: 2 }, embedding: embeddingTable(model.tensors),
    capacity: 256, kvDtype: 'f32', tokensPerPass: 16, logitRows: 1, threads: 1,
  }).settings;
};
const options = { dtype: null, threads: 1, contextTokens: 256, kvDtype: 'f32' };
const runner = await ShardRunner.load(store === 'window' ? await inWindow() : soloSettings(model, options), soloAllReduce);
const token = [7];
const run = async (from, to) => { for (let p = from; p < to; p++) await runner.passTokens(token, p, 1); };
for (let i = 0; i < 20; i++) await run(0, 100);
const native = JSON.stringify(kernels.memoryStats());
const before = process.memoryUsage().heapUsed;
await run(100, 200);
const bytes = (process.memoryUsage().heapUsed - before) / 100;
console.log(JSON.stringify({ bytes, nativeBefore: native, nativeAfter: JSON.stringify(kernels.memoryStats()) }));
process.exit(0);
`;

test.each(['memory', 'window'])('a token from weights in a %s leaves less than 10 kB on the JavaScript heap, and no native memory', (store) => {
  const flags = ['--max-semi-space-size=256', '--min-semi-space-size=256', '--input-type=module', '--eval', script];
  const model = mkdtempSync(join(tmpdir(), 'hearth-garbage-'));
  cpSync(goldenModel('llama-gqa').path, model, { recursive: true });
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, dist, model, store], { encoding: 'utf8' });
  rmSync(model, { recursive: true });
  expect(stdout, stderr).toMatch(/^\{/);
  const { bytes, nativeBefore, nativeAfter } = JSON.parse(stdout) as { bytes: number; nativeBefore: string; nativeAfter: string };
  // A negative figure would mean that a collection took place and nothing was measured.
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(10_000);
  expect(nativeAfter).toBe(nativeBefore);
  console.log(`${bytes.toFixed(0)} bytes of garbage per token from weights in a ${store}`);
});
