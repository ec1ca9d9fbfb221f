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
  kvDtype: KvDtype;
  tokensPerPass: number;
  logitRows: number;
  threads: number | null;
}

/**
 * What the process takes beyond its size before it loads, its weights, KV cache and activations: the compute thread's
 * own heap and code, panels of products, send buffers. Measured over runs of one to four nodes.
 */
export const workingBytes = 12 * 2 ** 20;

/** A node's memory besides its weights. `processBytes` is its size now. */
export function otherMemory(
  options: Pick<SliceShardOptions, 'config' | 'share' | 'embedding' | 'capacity' | 'kvDtype' | 'tokensPerPass' | 'logitRows'>,
  processBytes: number,
): OtherMemory {
  const { config, share, embedding, capacity, kvDtype, tokensPerPass, logitRows } = options;
  const row = embedding === null ? 0 : embeddingRowBytes(embedding);
  return {
    process: processBytes,
    kvCache: kvCacheBytes(config, share, capacity, kvDtype),
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
 * the process has done everything but load: its size now is part of the prediction, and its peak is counted from here.
 */
export function planSliceShard(options: SliceShardOptions): SliceShardPlan {
  const { config, share, worldSize, slice, embedding, capacity, kvDtype, tokensPerPass, logitRows, threads } = options;
  const other = otherMemory(options, process.memoryUsage.rss());
  const plan = chooseWindow(slice.blocks, options.window, other);
  checkFits(plan, other, availableMemory());
  resetPeakRss();
  const settings: ShardSettings = {
    config, share, worldSize, embedding, capacity, kvDtype, tokensPerPass, logitRows, threads,
    blocks: slice.blocks,
    weights: { kind: 'slices', plan, files: slice.files() },
    frequencies: ropeFrequencies(config),
  };
  return { settings, predictedPeakBytes: forecastPeak({ ...other, weights: plan.bytes }) };
}
