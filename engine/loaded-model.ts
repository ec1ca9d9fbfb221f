import { InterruptedError, WrongUseError } from './errors.js';
import type { Dtype } from './formats/dtype.js';
import { ContextShelf } from './generate/context-shelf.js';
import { generate, type GenerationEvent } from './generate/generation.js';
import type { LogitRule } from './generate/logit-rule.js';
import type { Prompt } from './generate/prompt.js';
import { defaultSampling, validateSampling, type Sampling } from './generate/sampler.js';
import type { TextModel } from './generate/text-model.js';
import { conversionReport } from './model/conversions.js';
import { peakRssBytes } from './report/process-memory.js';
import type { OnProgress } from './report/progress.js';
import type { NodeReport } from './report/run-report.js';
import type { SoloOptions } from './shard/solo-settings.js';
import type { ShardReport } from './shard/shard-settings.js';
import { gatherWorld } from './master-node.js';
import { nodeReport } from './world/node-report.js';
import { placeHere, type Placement } from './world/placement.js';
import { runContext } from './world/run-context.js';
import type { WorldOptions } from './world-options.js';

export interface LoadOptions extends SoloOptions {
  /** Spreads the model over several nodes, or lets one run through a memory window; absent = all here, all resident. */
  world?: WorldOptions | undefined;
}

export interface AnswerRequest {
  prompt: Prompt;
  sampling?: Partial<Sampling>;
  maxTokens: number;
  stop?: readonly string[];
  /** Goes on past end-of-turn tokens, for measuring. */
  ignoreEnd?: boolean;
  /** Applied to the logits before each token is chosen. */
  rules?: readonly LogitRule[];
  /** Also tells each token's probability, and those of this many best tokens. */
  topLogprobs?: number;
}

/**
 * Finds other places for a model when those it had failed in the middle of an answer; rejects with what ends the answer, or
 * with InterruptedError when `signal` aborts. Whoever gives it watches the placements.
 */
export type Recover = (failed: Placement, cause: unknown, signal?: AbortSignal) => Promise<Placement>;

/** A model whose weights are in place, on one node or several. One answer at a time. */
export class LoadedModel {
  /** Which tokens' keys and values are in the KV cache: chats that go on re-use their beginnings. */
  #shelf: ContextShelf;
  #busy = false;
  #lose!: (error: Error) => void;
  /** Never resolves; rejects when a node of the run is lost, even while nobody asks anything. */
  readonly lost = new Promise<never>((_, reject) => (this.#lose = reject));

  #placement: Placement;

  private constructor(
    readonly text: TextModel,
    readonly options: LoadOptions,
    placement: Placement,
    private readonly recover: Recover | null,
  ) {
    this.lost.catch(() => undefined);
    this.#placement = placement;
    this.#shelf = new ContextShelf(placement.settings.contexts);
    if (recover !== null) return;
    // Whoever waits for an answer must not wait for a node that is gone.
    placement.whenLost((error) => {
      void placement.shard.abandon(error);
      this.#lose(error);
    });
  }

  /** Loads onto this node alone, or with `options.world` onto several. */
  static async load(
    text: TextModel, options: LoadOptions, show?: OnProgress, signal?: AbortSignal,
  ): Promise<LoadedModel> {
    const placement = options.world === undefined
      ? await placeHere(text.opened, options, show, signal)
      : await gatherWorld(text.opened, options, options.world);
    return new LoadedModel(text, options, placement, null);
  }

  /** A model whose answers go on elsewhere when its placement fails. */
  static placed(text: TextModel, options: SoloOptions, placement: Placement, recover: Recover): LoadedModel {
    return new LoadedModel(text, options, placement, recover);
  }

  /** Goes on where the weights are now; nothing of the context is known there. */
  adopt(placement: Placement): void {
    if (placement === this.#placement) return;
    this.#placement = placement;
    this.#shelf = new ContextShelf(placement.settings.contexts);
  }

  /** Stored types that were converted on load. */
  conversions(): { from: string; to: string; tensors: number }[] {
    return conversionReport(this.text.opened, this.options.dtype);
  }

  /** The type most of the weights have in memory. */
  storedDtype(): Dtype {
    const bytes = new Map<Dtype, number>();
    for (const block of this.#placement.settings.blocks) {
      for (const tensor of block.tensors) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.bytes);
    }
    const [most] = [...bytes].sort((a, b) => b[1] - a[1]);
    return most?.[0] ?? 'f32';
  }

  /** Positions there is room for, prompt and answer together. */
  get contextTokens(): number {
    return this.#placement.settings.capacity;
  }

  /** Answers a prompt, token by token; ends after the current pass when `signal` aborts. */
  async *generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void> {
    const sampling = validateSampling({ ...defaultSampling, ...request.sampling });
    const prompt = this.text.encode(request.prompt);
    if (prompt.length >= this.#placement.settings.capacity) {
      throw new WrongUseError(
        'PROMPT_TOO_LONG',
        `The prompt has ${prompt.length} tokens and there is room for ${this.#placement.settings.capacity}: shorten it.`,
      );
    }
    if (this.#busy) throw new WrongUseError('MODEL_BUSY', 'The model is answering already: wait for it or stop it.');
    this.#busy = true;
    try {
      yield* this.#answer(prompt, sampling, request, signal);
    } finally {
      this.#busy = false;
    }
  }

  async *#answer(
    prompt: number[], sampling: Sampling, request: AnswerRequest, signal?: AbortSignal,
  ): AsyncGenerator<GenerationEvent, void> {
    const { cached: cachedTokens, ...choice } = this.#shelf.take(prompt);
    let { context, copyFrom } = choice;
    const placed = (): Placement => this.#placement;
    const passes = {
      // Where they lie changes with the placement.
      get logits() { return placed().shard.logits; },
      get tokensPerPass() { return placed().settings.tokensPerPass; },
      pass: async (tokens: readonly number[], position: number, logitRows: number) => {
        const { shard } = this.#placement;
        this.#shelf.truncate(context, position);
        try {
          if (copyFrom !== null) {
            await shard.copyContext(copyFrom, context, cachedTokens);
            this.#shelf.append(context, prompt.slice(0, cachedTokens));
            copyFrom = null;
          }
          await shard.pass(tokens, position, logitRows, context);
          this.#shelf.append(context, tokens);
        } catch (error) {
          const before = copyFrom === null ? this.#shelf.tokensOf(context) : prompt.slice(0, cachedTokens);
          const told = [...before, ...tokens];
          await this.#replay(told, logitRows, error, signal);
          context = this.#shelf.restore(told, prompt.length);
          copyFrom = null;
        }
      },
    };
    yield* generate(passes, this.text.tokenizer, {
      prompt, cachedTokens, sampling, maxTokens: request.maxTokens, stop: request.stop ?? [],
      maxPositions: this.#placement.settings.capacity, ignoreEnd: request.ignoreEnd ?? false,
      ...(request.rules === undefined ? {} : { rules: request.rules }),
      ...(request.topLogprobs === undefined ? {} : { topLogprobs: request.topLogprobs }),
    }, signal);
  }

  /**
   * Where a placement failed in the middle of an answer, the next one is told the whole context, the tokens that were
   * shown forced, until its logits are those of the same last token. Rejects with what ends the answer.
   */
  async #replay(context: readonly number[], logitRows: number, error: unknown, signal?: AbortSignal): Promise<void> {
    for (let failure = error; ;) {
      if (failure instanceof InterruptedError) throw failure;
      const failed = this.#placement;
      const cause = await failed.explain(failure);
      if (this.recover === null) throw cause;
      this.adopt(await this.recover(failed, cause, signal));
      try {
        await runContext(this.#placement, context, logitRows, signal);
        return;
      } catch (again) {
        failure = again;
      }
    }
  }

  /** The next answer re-uses nothing of what was asked and answered so far. */
  forgetContext(): void {
    this.#shelf.clear();
  }

  /** What one token costs: bytes of weights read, and multiply-adds of the layers (output head not counted). */
  weightFootprint(): { bytes: number; layerMultiplyAdds: number } {
    const layers = this.#placement.settings.blocks.slice(0, this.#placement.settings.config.nLayers * 2);
    const sum = (blocks: typeof layers, of: (tensor: { bytes: number; rows: number; cols: number }) => number): number =>
      blocks.reduce((total, block) => total + block.tensors.reduce((inner, tensor) => inner + of(tensor), 0), 0);
    return {
      bytes: sum([...this.#placement.settings.blocks], (tensor) => tensor.bytes),
      layerMultiplyAdds: sum(layers, (tensor) => (tensor.rows > 1 ? tensor.rows * tensor.cols : 0)),
    };
  }

  /** What each node did and needed, rank by rank, and where this node's time went. */
  async report(): Promise<{ nodes: NodeReport[]; shard: ShardReport }> {
    const shard = await this.#placement.shard.report();
    const own = {
      peakRssBytes: peakRssBytes(),
      predictedPeakBytes: this.#placement.predictedPeakBytes,
      weightBytesRead: shard.weightBytesRead,
      wireBytesSent: shard.wireBytesSent,
      wireBytesReceived: shard.wireBytesReceived,
      allReduces: shard.allReduces,
      waitMs: shard.allReduceWaitMs,
      wireMs: shard.allReduceWireMs,
    };
    const { settings: { config }, shares } = this.#placement;
    const measured = [own, ...await this.#placement.reports()];
    const nodes = shares.flatMap((share, rank) => {
      const of = measured[rank];
      return of === undefined ? [] : [nodeReport(config, share, of)];
    });
    return { nodes, shard };
  }

  /** Blocks the memory window holds; 0 where all are resident. */
  get memoryWindow(): number {
    return this.#placement.settings.weights.kind === 'slices' ? this.#placement.settings.weights.plan.window : 0;
  }

  async close(): Promise<void> {
    await this.#placement.close();
  }
}
