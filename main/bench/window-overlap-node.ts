import { createInterface } from 'node:readline';
import { soloAllReduce } from '../../engine/collective/all-reduce.js';
import { openModel } from '../../engine/model/model-folder.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import { pages } from '../../engine/memory/window-plan.js';
import { readingSeconds } from '../../engine/report/disk-rate.js';
import { embeddingTable, tokensPerPass } from '../../engine/shard/shard-plan.js';
import { ShardRunner } from '../../engine/shard/shard-runner.js';
import { planSliceShard } from '../../engine/shard/slice-settings.js';
import { ensureSlices } from '../../engine/slices/ensure-slices.js';
import { partition } from '../../engine/slices/partition.js';
import type { SliceBlocks } from '../../engine/slices/slice-blocks.js';
import { median } from './median.js';

/** What the measured process is told, as its one argument in JSON. */
export interface OverlapRequest {
  model: string;
  saveDir: string;
  /** Tokens of one pass: what makes a pass compute long enough for a disk to keep up. */
  tokens: number;
  threads: number;
  rounds: number;
}

/** First line it prints; then it waits for a line on standard input before each measurement. */
export interface OverlapCalibration {
  /** Of one pass with all weights in memory. */
  computeSeconds: number;
  /** Of weights, per pass. */
  bytes: number;
}

/** What it prints for each measurement; seconds per pass, medians of passes taken in turns. */
export interface OverlapMeasured {
  resident: number;
  window: number;
  /** All weights read once, and nothing else. */
  read: number;
}

const request = JSON.parse(process.argv[2] ?? '{}') as OverlapRequest;
const { shard: resident, slice } = await load({ kind: 'off' });
const { shard: window } = await load({ kind: 'window', blocks: 2 });
await passSeconds(resident);
const warm = [await passSeconds(resident), await passSeconds(resident), await passSeconds(resident)];
const ranges = slice.files().map(({ path, dataOffset, bytes: size }) => ({ path, offset: dataOffset, bytes: pages(size) }));
const bytes = slice.blocks.reduce((sum, block) => sum + block.bytes, 0);
say({ computeSeconds: median(warm), bytes });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'end') break;
  say(await measure());
}
resident.close();
window.close();
process.exit();

async function load(choice: WindowChoice): Promise<{ shard: ShardRunner; slice: SliceBlocks }> {
  const model = await openModel(request.model);
  const shares = partition(model.config, [1], { quantised: false });
  const [slice] = await ensureSlices({ model, shares, dtype: null, saveDir: request.saveDir });
  const [share] = shares;
  if (slice === undefined || share === undefined) throw new Error('one node has one slice');
  const { settings } = planSliceShard({
    config: model.config, share, slice, worldSize: 1, window: choice, embedding: embeddingTable(model.tensors),
    capacity: request.tokens, kvDtype: 'f32', tokensPerPass: tokensPerPass(model.config, shares, request.tokens), logitRows: 1,
    threads: request.threads,
  });
  return { shard: await ShardRunner.load(settings, soloAllReduce), slice };
}

async function passSeconds(shard: ShardRunner): Promise<number> {
  const tokens = Array.from({ length: request.tokens }, (_, index) => 300 + index);
  const started = performance.now();
  await shard.passTokens(tokens, 0, 1);
  return (performance.now() - started) / 1000;
}

/** In turns, so that both sides meet the same machine. The window's first pass of a round found blocks waiting: not counted. */
async function measure(): Promise<OverlapMeasured> {
  const times: Record<keyof OverlapMeasured, number[]> = { resident: [], window: [], read: [] };
  for (let round = 0; round < request.rounds; round++) {
    times.resident.push(await passSeconds(resident), await passSeconds(resident));
    await passSeconds(window);
    times.window.push(await passSeconds(window), await passSeconds(window));
    // Let the window fill before the disk is measured alone.
    await new Promise((resolve) => setTimeout(resolve, 300));
    times.read.push(await readingSeconds(ranges));
  }
  return { resident: median(times.resident), window: median(times.window), read: median(times.read) };
}

function say(what: OverlapCalibration | OverlapMeasured): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
