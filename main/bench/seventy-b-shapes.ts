import { dtypeBytes } from '../../engine/formats/dtype.js';
import type { TensorEntry } from '../../engine/formats/tensor-entry.js';
import type { ModelConfig } from '../../engine/model/model-config.js';
import type { Block, Share } from '../../engine/slices/block.js';
import { blockLayout } from '../../engine/slices/block-layout.js';
import { partition } from '../../engine/slices/partition.js';
import { evenRatio } from '../../engine/slices/ratio.js';

/** Nodes that share the model, as in the paper. */
export const worldSize = 8;

const llama: ModelConfig = {
  architecture: 'llama', dim: 8192, nLayers: 80, nHeads: 64, nKvHeads: 8, headDim: 128, ffnDim: 28_672, vocab: 32_000,
  maxPositions: 4096, rmsEps: 1e-5, ropeTheta: 10_000, ropeScaling: null, ropeStyle: 'half-split', slidingWindow: 0,
  qkvBias: false, outputBias: false, qkNorm: false, tiedEmbeddings: false,
};

/** What one node of a model of 70 billion parameters holds. */
export interface SeventyB {
  name: string;
  config: ModelConfig;
  rank: number;
}

export const seventyB = {
  worker: { name: 'Llama 2 70B, a worker’s share', config: llama, rank: 3 },
  master: {
    name: 'Llama 3.1 70B, the master’s share',
    config: {
      ...llama, vocab: 128_256, maxPositions: 131_072, ropeTheta: 500_000,
      ropeScaling: { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 8192 },
    },
    rank: 0,
  },
} as const satisfies Record<string, SeventyB>;

export type SeventyBName = keyof typeof seventyB;

/** The same with fewer layers, for a quick look. */
export function withLayers(shape: SeventyB, layers: number): SeventyB {
  return { ...shape, config: { ...shape.config, nLayers: layers } };
}

export function sharesOf({ config }: SeventyB): Share[] {
  return partition(config, evenRatio(worldSize), { quantised: false });
}

export function shareOf(shape: SeventyB): Share {
  const share = sharesOf(shape)[shape.rank];
  if (share === undefined) throw new RangeError(`there is no rank ${shape.rank}`);
  return share;
}

/** The node's blocks, every matrix in BF16. */
export function blocksOf(shape: SeventyB): Block[] {
  const head = new Map([['lm_head.weight', embeddingOf(shape, '')]]);
  return blockLayout({ config: shape.config, tensors: head }, shareOf(shape), () => 'bf16', { isMaster: shape.rank === 0 });
}

/** The master's embedding table (vocab, dim) as it lies in `file`. */
export function embeddingOf({ config: { vocab, dim } }: SeventyB, file: string): TensorEntry {
  return {
    name: 'model.embed_tokens.weight', file, offset: 0, bytes: dtypeBytes('bf16', vocab * dim), dtype: 'bf16', shape: [vocab, dim],
  };
}
