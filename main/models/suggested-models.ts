import type { Dtype } from '../../engine/formats/dtype.js';
import type { ModelOutline } from './sized-model.js';

/** A model worth trying, known before it is fetched. */
export interface SuggestedModel {
  /** As `hearth models pull` takes it. */
  reference: string;
  title: string;
  licence: string;
  /** Most of its matrices once loaded. */
  dtype: Dtype;
  outline: ModelOutline;
}

const qwen25 = { architecture: 'qwen2', headDim: 128, maxPositions: 32_768 } as const;
const llama3 = { architecture: 'llama', headDim: 128, vocab: 128_256, maxPositions: 131_072 } as const;

/**
 * From the smallest to the largest, all ungated repositories of their makers or of well-known converters, in block types
 * that load as they are. Sizes are those of each model's published `config.json`.
 */
export const suggestedModels: readonly SuggestedModel[] = [
  {
    reference: 'HuggingFaceTB/SmolLM2-135M-Instruct', title: 'SmolLM2 135M', licence: 'Apache-2.0', dtype: 'bf16',
    outline: {
      architecture: 'llama', dim: 576, nLayers: 30, nHeads: 9, nKvHeads: 3, headDim: 64, ffnDim: 1536, vocab: 49_152,
      maxPositions: 8192, tiedEmbeddings: true,
    },
  },
  {
    reference: 'Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0', title: 'Qwen2.5 0.5B', licence: 'Apache-2.0', dtype: 'q8_0',
    outline: {
      ...qwen25, dim: 896, nLayers: 24, nHeads: 14, nKvHeads: 2, headDim: 64, ffnDim: 4864, vocab: 151_936, tiedEmbeddings: true,
    },
  },
  {
    reference: 'Qwen/Qwen2.5-1.5B-Instruct-GGUF:Q8_0', title: 'Qwen2.5 1.5B', licence: 'Apache-2.0', dtype: 'q8_0',
    outline: { ...qwen25, dim: 1536, nLayers: 28, nHeads: 12, nKvHeads: 2, ffnDim: 8960, vocab: 151_936, tiedEmbeddings: true },
  },
  {
    reference: 'HuggingFaceTB/SmolLM2-1.7B-Instruct', title: 'SmolLM2 1.7B', licence: 'Apache-2.0', dtype: 'bf16',
    outline: {
      architecture: 'llama', dim: 2048, nLayers: 24, nHeads: 32, nKvHeads: 32, headDim: 64, ffnDim: 8192, vocab: 49_152,
      maxPositions: 8192, tiedEmbeddings: true,
    },
  },
  {
    reference: 'Qwen/Qwen2.5-7B-Instruct', title: 'Qwen2.5 7B', licence: 'Apache-2.0', dtype: 'bf16',
    outline: { ...qwen25, dim: 3584, nLayers: 28, nHeads: 28, nKvHeads: 4, ffnDim: 18_944, vocab: 152_064, tiedEmbeddings: false },
  },
  {
    reference: 'Qwen/Qwen3-8B', title: 'Qwen3 8B', licence: 'Apache-2.0', dtype: 'bf16',
    outline: {
      architecture: 'qwen3', dim: 4096, nLayers: 36, nHeads: 32, nKvHeads: 8, headDim: 128, ffnDim: 12_288, vocab: 151_936,
      maxPositions: 40_960, tiedEmbeddings: false,
    },
  },
  {
    reference: 'Qwen/Qwen2.5-14B-Instruct', title: 'Qwen2.5 14B', licence: 'Apache-2.0', dtype: 'bf16',
    outline: { ...qwen25, dim: 5120, nLayers: 48, nHeads: 40, nKvHeads: 8, ffnDim: 13_824, vocab: 152_064, tiedEmbeddings: false },
  },
  {
    reference: 'Qwen/Qwen2.5-32B-Instruct', title: 'Qwen2.5 32B', licence: 'Apache-2.0', dtype: 'bf16',
    outline: { ...qwen25, dim: 5120, nLayers: 64, nHeads: 40, nKvHeads: 8, ffnDim: 27_648, vocab: 152_064, tiedEmbeddings: false },
  },
  {
    reference: 'NousResearch/Meta-Llama-3.1-70B-Instruct', title: 'Llama 3.1 70B', licence: 'Llama 3.1 Community License',
    dtype: 'bf16',
    outline: { ...llama3, dim: 8192, nLayers: 80, nHeads: 64, nKvHeads: 8, ffnDim: 28_672, tiedEmbeddings: false },
  },
];
