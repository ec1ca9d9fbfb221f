import { kernels, WeightType } from '../../native-kernels/index.js';
import { addressOf, type BlockStore } from '../memory/block-store.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Block } from '../slices/block.js';
import type { Activations } from './activations.js';
import { finalNorm, headPiece, type Matrix, type Vector } from './block-weights.js';
import { multiply } from './product.js';

/** The master's last step: final norm and logits, the head's rows passing through the window piece by piece. */
export class OutputHead {
  readonly #norm: Vector;
  readonly #pieces: Matrix[];

  /** `blocks` are `output.norm` and the head's pieces; `firstIndex` is the first one's place in the block store. */
  constructor(
    private readonly config: ModelConfig,
    blocks: readonly Block[],
    private readonly firstIndex: number,
    private readonly activations: Activations,
  ) {
    const [norm, ...pieces] = blocks;
    if (norm === undefined) throw new Error('the output head has no norm');
    this.#norm = finalNorm(norm);
    this.#pieces = pieces.map(headPiece);
  }

  /** logits (rows, vocab) of the last `rows` of `tokens` hidden states. `waitFor` counts the time that weights are waited for. */
  async run(
    store: BlockStore, tokens: number, rows: number, waitFor: (loading: Promise<void>) => Promise<void>,
  ): Promise<void> {
    const coming = store.acquire(this.firstIndex);
    if (coming !== undefined) await waitFor(coming);
    const { memory, layout } = this.activations;
    const { hidden, normed, logits } = layout;
    const at = store.location(this.firstIndex);
    kernels.rmsNorm(
      memory, hidden.offset + (tokens - rows) * hidden.stride * 4, hidden.stride,
      WeightType.f32, at.memory, addressOf(at, this.#norm.offset), this.config.rmsEps,
      memory, normed.offset, normed.stride, rows, this.config.dim,
    );
    store.release(this.firstIndex);
    for (let piece = 0; piece < this.#pieces.length; piece++) {
      const index = this.firstIndex + 1 + piece;
      const matrix = this.#pieces[piece];
      if (matrix === undefined) continue;
      const loading = store.acquire(index);
      if (loading !== undefined) await waitFor(loading);
      multiply(
        store.location(index), matrix, memory, normed.offset, normed.stride,
        memory, logits.offset, logits.stride, rows,
      );
      store.release(index);
    }
  }
}
