/** RoPE frequency scaling as Hugging Face names it. */
export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'llama3'; factor: number; lowFreqFactor: number; highFreqFactor: number; originalMaxPosition: number }
  /** GGUF's `rope_freqs.weight`: inverse frequency i is divided by factors[i]; head_dim/2 of them. */
  | { type: 'factors'; factors: readonly number[] };

/** One shape for what `config.json` and GGUF metadata say. Counts, not bytes. */
export interface ModelConfig {
  architecture: 'llama' | 'mistral' | 'qwen2' | 'qwen3';
  dim: number;
  nLayers: number;
  nHeads: number;
  nKvHeads: number;
  headDim: number;
  ffnDim: number;
  vocab: number;
  /** Positions the model was trained for. */
  maxPositions: number;
  rmsEps: number;
  ropeTheta: number;
  ropeScaling: RopeScaling | null;
  /** Which dimensions rotate together: a property of how the q and k rows are stored. */
  ropeStyle: 'half-split' | 'interleaved';
  /** 0 = every position is seen. */
  slidingWindow: number;
  /** Of q_proj, k_proj and v_proj. */
  qkvBias: boolean;
  /** Of o_proj, added once after the sum over all nodes. */
  outputBias: boolean;
  qkNorm: boolean;
  tiedEmbeddings: boolean;
}
