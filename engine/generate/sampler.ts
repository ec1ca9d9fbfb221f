import type { Sampling } from './sampling.js';

export { defaultSampling, validateSampling, type Sampling } from './sampling.js';

export interface Choice {
  token: number;
  /** Best logit minus second best, after the repetition penalty: small at a near-tie. */
  margin: number;
}

/** Chooses the next token from a model's logits. */
export declare class Sampler {
  constructor(vocab: number, sampling: Sampling);
  /** `logits` (vocab) is only read; `position` keys the randomness; `recent` are the tokens the penalty counts. */
  sample(logits: Float32Array, position: number, recent: readonly number[]): Choice;
}
