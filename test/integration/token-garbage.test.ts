import { spawnSync } from 'node:child_process';
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
const { openModel } = await import(process.argv[1] + '/engine/model/model-folder.js');
const { soloSettings } = await import(process.argv[1] + '/engine/shard/solo-settings.js');
const { ShardRunner } = await import(process.argv[1] + '/engine/shard/shard-runner.js');
const { soloAllReduce } = await import(process.argv[1] + '/engine/collective/all-reduce.js');
const model = await openModel(process.argv[2]);
const options = { dtype: null, threads: 1, contextTokens: 256, kvDtype: 'f32' };
const runner = await ShardRunner.load(soloSettings(model, options), soloAllReduce);
const token = [7];
const run = async (from, to) => { for (let p = from; p < to; p++) await runner.passTokens(token, p, 1); };
for (let i = 0; i < 20; i++) await run(0, 100);
const before = process.memoryUsage().heapUsed;
await run(100, 200);
console.log((process.memoryUsage().heapUsed - before) / 100);
`;

test('a token leaves less than 10 kB of garbage on the JavaScript heap', () => {
  const flags = ['--max-semi-space-size=256', '--min-semi-space-size=256', '--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, dist, goldenModel('llama-gqa').path], { encoding: 'utf8' });
  const bytes = Number(stdout.trim());
  expect(Number.isFinite(bytes), stderr).toBe(true);
  // A negative figure would mean that a collection took place and nothing was measured.
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(10_000);
  console.log(`${bytes.toFixed(0)} bytes of garbage per token`);
});
