import { checkFits, chooseWindow, type OtherMemory, type WindowChoice } from '../memory/window-choice.js';
import type { ModelConfig } from '../model/model-config.js';
import { ropeFrequencies } from '../model/rope-frequencies.js';
import { forecastPeak } from '../memory/memory-forecast.js';
import { availableMemory } from '../report/available-memory.js';
import { resetPeakRss } from '../report/process-memory.js';
import type { Share } from '../slices/block.js';
import type { SliceBlocks } from '../slices/slice-blocks.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import { activationLayout } from './activations.js';
import { embeddingRowBytes } from './embedding.js';
import { kvCacheBytes, type KvDtype } from './kv-cache.js';
import { shardMemory } from './shard-plan.js';
import type { ShardSettings } from './shard-settings.js';

export interface SliceShardOptions {
  config: ModelConfig;
  share: Share;
  worldSize: number;
  slice: SliceBlocks;
  window: WindowChoice;
  /** The master's embedding table; null on workers. */
  embedding: TensorEntry | null;
  capacity: number;
  /** Contexts of the KV cache; one if left out. */
  contexts?: number;
  kvDtype: KvDtype;
  tokensPerPass: number;
  logitRows: number;
  threads: number | null;
}

/**
 * What the process takes beyond its size before it loads, its weights, KV cache and activations: the compute thread's
 * own heap and code, panels of products, send buffers, and what only its control group counts (page tables, sockets,
 * pages of its program's files). Measured on runs of 1, 2 and 4 nodes, windows of 2 and 4 blocks and none, of models of
 * 0.1 and 0.7 GB: resident memory grew by 2 to 4 MB beyond its parts, the group's count by 10 to 16 MB.
 */
export const workingBytes = 12 * 2 ** 20;

/** Refuses, with the numbers, a shard that holds everything at once where there is no room for it. */
export function checkResidentFits(settings: ShardSettings): void {
  const { weights, ...rest } = shardMemory(settings);
  checkFits({ bytes: weights, ringBytes: 0 }, { process: 0, ...rest, working: workingBytes }, availableMemory());
}

/** A node's memory besides its weights. `processBytes` is its size now. */
export function otherMemory(
  options: Pick<SliceShardOptions, 'config' | 'share' | 'embedding' | 'capacity' | 'contexts' | 'kvDtype' | 'tokensPerPass' | 'logitRows'>,
  processBytes: number,
): OtherMemory {
  const { config, share, embedding, capacity, contexts, kvDtype, tokensPerPass, logitRows } = options;
  const row = embedding === null ? 0 : embeddingRowBytes(embedding);
  return {
    process: processBytes,
    kvCache: kvCacheBytes(config, share, capacity, kvDtype, contexts),
    activations: activationLayout(config, share, tokensPerPass, logitRows, row).bytes,
    working: workingBytes,
  };
}

/** A shard that runs from slice files, and the most memory its process will have. */
export interface SliceShardPlan {
  settings: ShardSettings;
  predictedPeakBytes: number;
}

/**
 * Plans a shard that runs from slice files. Refuses, with the numbers, what does not fit this machine. To be called when
 * the process has done everything but load, and has given back what that took: its size now is part of the prediction, and its
 * peak is counted from here.
 */
export function planSliceShard(options: SliceShardOptions): SliceShardPlan {
  const { config, share, worldSize, slice, embedding, capacity, contexts = 1, kvDtype, tokensPerPass, logitRows, threads } = options;
  const other = otherMemory(options, process.memoryUsage.rss());
  const plan = chooseWindow(slice.blocks, options.window, other);
  checkFits(plan, other, availableMemory());
  resetPeakRss();
  const settings: ShardSettings = {
    config, share, worldSize, embedding, capacity, contexts, kvDtype, tokensPerPass, logitRows, threads,
    blocks: slice.blocks,
    weights: { kind: 'slices', plan, files: slice.files() },
    frequencies: ropeFrequencies(config),
  };
  return { settings, predictedPeakBytes: forecastPeak({ ...other, weights: plan.bytes }) };
}
