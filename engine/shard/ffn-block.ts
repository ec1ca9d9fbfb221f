import { kernels, WeightType } from '../../native-kernels/index.js';
import { addressOf, type BlockLocation } from '../memory/block-store.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from '../slices/block.js';
import type { Activations } from './activations.js';
import type { FfnWeights } from './block-weights.js';
import { multiply } from './product.js';

/** One node's FFN columns: hidden (tokens, dim) → partial (tokens, dim), to be summed over the nodes. */
export class FfnBlock {
  constructor(
    private readonly config: ModelConfig,
    private readonly share: Share,
    private readonly activations: Activations,
  ) {}

  /** partial = down(silu(gate(normed)) * up(normed)). `onUsed` hears how many of the block's bytes are done with. */
  run(
    weights: FfnWeights, at: BlockLocation, tokens: number, onUsed: (index: number, upTo: number) => void, index: number,
  ): void {
    const { memory, layout } = this.activations;
    const { hidden, normed, gateUp, gated, partial } = layout;
    const columns = this.share.ffnColumns;
    kernels.rmsNorm(
      memory, hidden.offset, hidden.stride, WeightType.f32, at.memory, addressOf(at, weights.inputNorm.offset),
      this.config.rmsEps, memory, normed.offset, normed.stride, tokens, this.config.dim,
    );
    for (const matrix of weights.gateUp) {
      multiply(at, matrix, memory, normed.offset, normed.stride, memory, gateUp.offset, gateUp.stride, tokens);
    }
    onUsed(index, weights.down.offset);
    kernels.siluGate(
      memory, gateUp.offset, gateUp.stride, memory, gateUp.offset + columns * 4, gateUp.stride,
      memory, gated.offset, gated.stride, tokens, columns,
    );
    multiply(
      at, weights.down, memory, gated.offset, gated.stride, memory, partial.offset, partial.stride, tokens,
    );
  }
}
