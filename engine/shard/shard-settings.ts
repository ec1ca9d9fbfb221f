import type { TensorEntry } from '../formats/tensor-entry.js';
import type { BlockFile } from '../memory/window.js';
import type { WindowPlan } from '../memory/window-plan.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Block, Share } from '../slices/block.js';
import type { KvDtype } from './kv-cache.js';

/** Where a shard's weights come from: the checkpoint itself, all resident; or slice files, through a window. */
export type WeightSettings =
  | { kind: 'checkpoint'; tensors: readonly TensorEntry[] }
  | { kind: 'slices'; plan: WindowPlan; files: readonly BlockFile[] };

/** Everything a shard must know before it loads: plain data, so that it can be sent to the worker thread. */
export interface ShardSettings {
  config: ModelConfig;
  share: Share;
  worldSize: number;
  /** Two blocks per layer, then, on the master, the output head's. */
  blocks: readonly Block[];
  weights: WeightSettings;
  /** The embedding table, read row by row; null on workers. */
  embedding: TensorEntry | null;
  /** RoPE frequencies (head_dim / 2). */
  frequencies: Float32Array;
  /** Positions each context of the KV cache holds. */
  capacity: number;
  /** Contexts of the KV cache. */
  contexts: number;
  kvDtype: KvDtype;
  /** Most tokens of one pass. */
  tokensPerPass: number;
  /** Most rows of logits of one pass; 0 on workers. */
  logitRows: number;
  /** Compute threads; null = physical cores. */
  threads: number | null;
}

/** Where a shard's time and bytes went, since it was loaded. */
export interface ShardReport {
  computeMs: number;
  allReduceWaitMs: number;
  allReduceWireMs: number;
  weightWaitMs: number;
  passes: number;
  weightBytesRead: number;
  /** Bytes per second the disk gave while weights were being read; 0 where all were resident. */
  weightReadRate: number;
  wireBytesSent: number;
  wireBytesReceived: number;
  allReduces: number;
  /** Native memory now allocated, bytes. */
  nativeBytes: number;
  threads: number;
}
