import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AllReduce, AllReduceStats } from '../../engine/collective/all-reduce.js';
import { peakRssBytes } from '../../engine/report/process-memory.js';
import type { KvDtype } from '../../engine/shard/kv-cache.js';
import { shardMemory, tokensPerPass } from '../../engine/shard/shard-plan.js';
import { ShardRunner } from '../../engine/shard/shard-runner.js';
import { planSliceShard } from '../../engine/shard/slice-settings.js';
import { SliceBlocks } from '../../engine/slices/slice-blocks.js';
import { embeddingFile } from './seventy-b-slices.js';
import { embeddingOf, seventyB, shareOf, sharesOf, withLayers, worldSize, type SeventyBName } from './seventy-b-shapes.js';

/** What the measured process is asked to do, as its one argument in JSON. */
export interface SeventyBRequest {
  name: SeventyBName;
  layers: number;
  folder: string;
  contextTokens: number;
  kvDtype: KvDtype;
  window: number;
  /** Tokens to decode at the end of the context. */
  decodeTokens: number;
  /** Milliseconds that the seven other nodes take for an all-reduce. */
  latencyMs: number;
  threads: number;
}

/** What it prints as its last line. */
export interface SeventyBMeasured {
  predictedPeakBytes: number;
  peakRssBytes: number;
  weightBytes: number;
  kvCacheBytes: number;
  prefillTokens: number;
  prefillSeconds: number;
  /** Of each decoded token. */
  seconds: number[];
  bytesPerToken: number;
  weightWaitMs: number;
  computeMs: number;
}

/** The other seven nodes: their sums come after a while, and are nothing. */
class SimulatedAllReduce implements AllReduce {
  readonly worldSize = worldSize;
  readonly #stats: AllReduceStats = { allReduces: 0, waitMs: 0, wireMs: 0, bytesSent: 0, bytesReceived: 0 };

  constructor(
    readonly rank: number,
    private readonly latencyMs: number,
  ) {}

  allReduce(): Promise<void> | undefined {
    this.#stats.allReduces += 1;
    return this.latencyMs === 0 ? undefined : pause(this.latencyMs);
  }

  broadcast(): undefined {
    return undefined;
  }

  stats(): AllReduceStats {
    return this.#stats;
  }

  close(): void {
    // There is nobody.
  }
}

async function measure(request: SeventyBRequest): Promise<SeventyBMeasured> {
  const shape = withLayers(seventyB[request.name], request.layers);
  const { config, rank } = shape;
  const { contextTokens: capacity, kvDtype, decodeTokens } = request;
  const logitRows = rank === 0 ? 1 : 0;
  const { settings, predictedPeakBytes } = planSliceShard({
    config, share: shareOf(shape), worldSize, capacity, kvDtype, logitRows, threads: request.threads,
    embedding: rank === 0 ? embeddingOf(shape, join(request.folder, embeddingFile)) : null,
    slice: await SliceBlocks.open(request.folder),
    window: { kind: 'window', blocks: request.window },
    tokensPerPass: tokensPerPass(config, sharesOf(shape), capacity),
  });
  const runner = await ShardRunner.load(settings, new SimulatedAllReduce(rank, request.latencyMs));
  runner.assumeContext();
  const pass = async (position: number, tokens: number): Promise<number> => {
    const started = performance.now();
    if (rank === 0) {
      const ids = Array.from({ length: tokens }, (_, t) => ((position + t) * 31) % config.vocab);
      await runner.passTokens(ids, position, logitRows);
    } else {
      await runner.passHidden(position, tokens);
    }
    return (performance.now() - started) / 1000;
  };

  const first = capacity - decodeTokens;
  const prefillTokens = Math.min(settings.tokensPerPass, first);
  const prefillSeconds = await pass(first - prefillTokens, prefillTokens);
  const before = runner.report();
  const seconds: number[] = [];
  for (let position = first; position < capacity; position++) seconds.push(await pass(position, 1));
  const after = runner.report();
  const { weights, kvCache } = shardMemory(settings);
  runner.close();
  return {
    predictedPeakBytes, peakRssBytes: peakRssBytes(), weightBytes: weights, kvCacheBytes: kvCache, prefillTokens, prefillSeconds, seconds,
    bytesPerToken: settings.blocks.reduce((sum, block) => sum + block.bytes, 0),
    weightWaitMs: (after.weightWaitMs - before.weightWaitMs) / decodeTokens,
    computeMs: (after.computeMs - before.computeMs) / decodeTokens,
  };
}

process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2] ?? '{}') as SeventyBRequest))}\n`);
