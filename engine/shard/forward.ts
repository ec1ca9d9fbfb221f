import { kernels, type Memory } from '../../native-kernels/index.js';
import type { AllReduce } from '../collective/all-reduce.js';
import type { BlockStore } from '../memory/block-store.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Block, Share } from '../slices/block.js';
import type { Activations } from './activations.js';
import { AttentionBlock } from './attention-block.js';
import { attentionWeights, ffnWeights, type AttentionWeights, type FfnWeights } from './block-weights.js';
import { FfnBlock } from './ffn-block.js';
import type { KvCache } from './kv-cache.js';
import { OutputHead } from './output-head.js';

/** Milliseconds since the start, by what the layer loop was doing. */
export interface ForwardTimes {
  compute: number;
  allReduce: number;
  weightWait: number;
  passes: number;
}

export interface ForwardParts {
  config: ModelConfig;
  share: Share;
  blocks: readonly Block[];
  store: BlockStore;
  activations: Activations;
  cache: KvCache;
  collective: AllReduce;
}

/**
 * One node's way through the layers (design section 2; paper section 3.1). `hidden` (tokens, dim) must hold the embedding
 * rows. The loop yields only where it really waits, and makes no garbage of its own.
 */
export class Forward {
  readonly times: ForwardTimes = { compute: 0, allReduce: 0, weightWait: 0, passes: 0 };
  readonly #attention: AttentionBlock;
  readonly #ffn: FfnBlock;
  readonly #attentionWeights: (AttentionWeights | null)[] = [];
  readonly #ffnWeights: (FfnWeights | null)[] = [];
  readonly #output: OutputHead | null;
  readonly #released: (index: number, upTo: number) => void;
  readonly #memory: Memory;

  constructor(private readonly parts: ForwardParts) {
    const { config, share, blocks, store, activations, cache } = parts;
    this.#attention = new AttentionBlock(config, share, activations, cache);
    this.#ffn = new FfnBlock(config, share, activations);
    for (let layer = 0; layer < config.nLayers; layer++) {
      this.#attentionWeights.push(attentionWeights(need(blocks, layer * 2)));
      this.#ffnWeights.push(ffnWeights(need(blocks, layer * 2 + 1)));
    }
    const first = config.nLayers * 2;
    const head = blocks.slice(first);
    this.#output = head.length > 0 ? new OutputHead(config, head, first, activations) : null;
    this.#released = (index, upTo) => store.release(index, upTo);
    this.#memory = activations.memory;
  }

  /** Runs `tokens` tokens that start at `position`; on the master the last `logitRows` of them get logits. */
  async run(position: number, tokens: number, logitRows: number): Promise<void> {
    const { config, store, activations } = this.parts;
    const { layout } = activations;
    const started = performance.now();
    const waitedBefore = this.times.allReduce + this.times.weightWait;
    store.startPass(logitRows > 0 && this.#output !== null);
    kernels.ropeTable(
      this.#memory, layout.frequencies, config.headDim / 2, position, tokens, this.#memory, layout.ropeTable,
    );
    for (let layer = 0; layer < config.nLayers; layer++) {
      const attention = this.#attentionWeights[layer] ?? null;
      const loading = store.acquire(layer * 2);
      if (loading !== undefined) await this.#waitForWeights(loading);
      if (attention === null) this.#contributeNothing(tokens);
      else {
        this.#attention.run(
          layer, attention, store.location(layer * 2), position, tokens, this.#released, layer * 2,
        );
      }
      store.release(layer * 2);
      const summing = this.#sum(tokens);
      if (summing !== undefined) await this.#waitForSum(summing);
      this.#addResidual(tokens);

      const ffn = this.#ffnWeights[layer] ?? null;
      const coming = store.acquire(layer * 2 + 1);
      if (coming !== undefined) await this.#waitForWeights(coming);
      if (ffn === null) this.#contributeNothing(tokens);
      else this.#ffn.run(ffn, store.location(layer * 2 + 1), tokens, this.#released, layer * 2 + 1);
      store.release(layer * 2 + 1);
      const reducing = this.#sum(tokens);
      if (reducing !== undefined) await this.#waitForSum(reducing);
      this.#addResidual(tokens);
    }
    if (logitRows > 0 && this.#output !== null) await this.#output.run(store, tokens, logitRows, this.#waitForWeights);
    const waited = this.times.allReduce + this.times.weightWait - waitedBefore;
    this.times.compute += performance.now() - started - waited;
    this.times.passes += 1;
  }

  #sum(tokens: number): Promise<void> | undefined {
    const { collective, config, activations } = this.parts;
    return collective.allReduce(this.#memory, activations.layout.partial.offset, tokens * config.dim);
  }

  /** hidden += partial */
  #addResidual(tokens: number): void {
    const { layout } = this.parts.activations;
    kernels.add(
      this.#memory, layout.hidden.offset, this.#memory, layout.partial.offset, tokens * this.parts.config.dim,
    );
  }

  /** A node without heads (or columns) adds zeros to the sum. */
  #contributeNothing(tokens: number): void {
    const { partial, zeros } = this.parts.activations.layout;
    kernels.copy(this.#memory, zeros, this.#memory, partial.offset, tokens * partial.stride * 4);
  }

  readonly #waitForWeights = async (loading: Promise<void>): Promise<void> => {
    const started = performance.now();
    await loading;
    this.times.weightWait += performance.now() - started;
  };

  async #waitForSum(summing: Promise<void>): Promise<void> {
    const started = performance.now();
    await summing;
    this.times.allReduce += performance.now() - started;
  }
}

function need(blocks: readonly Block[], index: number): Block {
  const block = blocks[index];
  if (block === undefined) throw new Error(`the layout has no block ${index}`);
  return block;
}
