import { InterruptedError, WrongUseError } from './errors.js';
import type { Dtype } from './formats/dtype.js';
import { generate, type GenerationEvent } from './generate/generation.js';
import type { LogitRule } from './generate/logit-rule.js';
import type { Prompt } from './generate/prompt.js';
import { defaultSampling, validateSampling, type Sampling } from './generate/sampler.js';
import type { TextModel } from './generate/text-model.js';
import { forecastPeak } from './memory/memory-forecast.js';
import { conversionReport } from './model/conversions.js';
import { peakRssBytes } from './report/process-memory.js';
import type { OnProgress } from './report/progress.js';
import type { NodeReport } from './report/run-report.js';
import { Shard } from './shard/shard.js';
import { shardMemory } from './shard/shard-plan.js';
import { workingBytes } from './shard/slice-settings.js';
import { soloSettings, type SoloOptions } from './shard/solo-settings.js';
import type { ShardReport, ShardSettings } from './shard/shard-settings.js';
import type { Share } from './slices/block.js';
import type { BodyOf } from './wire/messages.js';
import { gatherWorld, type World } from './master-node.js';
import type { WorldOptions } from './world-options.js';
import type { ModelConfig } from './model/model-config.js';

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

/** A model whose weights are in place, on one node or several. One answer at a time. */
export class LoadedModel {
  /** Tokens whose keys and values are in the KV cache, in order: a chat that goes on re-uses its beginning. */
  #cached: number[] = [];
  #busy = false;

  private constructor(
    readonly text: TextModel,
    readonly options: LoadOptions,
    private readonly settings: ShardSettings,
    private readonly shard: Shard,
    private readonly world: World | null,
    private readonly predictedPeakBytes: number,
  ) {}

  /** Loads onto this node alone, or with `options.world` onto several. */
  static async load(
    text: TextModel, options: LoadOptions, show?: OnProgress, signal?: AbortSignal,
  ): Promise<LoadedModel> {
    if (options.world !== undefined) {
      const world = await gatherWorld(text.opened, options, options.world);
      const model = new LoadedModel(text, options, world.settings, world.shard, world, world.predictedPeakBytes);
      // Whoever waits for an answer must not wait for a node that is gone.
      world.session.whenLost((error) => world.shard.abandon(error));
      return model;
    }
    const processBytes = process.memoryUsage.rss();
    const settings = soloSettings(text.opened, options);
    const shard = new Shard();
    const interrupt = (): void => shard.abandon(new InterruptedError());
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await shard.load(settings, show);
    } catch (error) {
      shard.abandon(error as Error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
    const predicted = forecastPeak({ process: processBytes, ...shardMemory(settings), working: workingBytes });
    return new LoadedModel(text, options, settings, shard, null, predicted);
  }

  /** Stored types that were converted on load. */
  conversions(): { from: string; to: string; tensors: number }[] {
    return conversionReport(this.text.opened, this.options.dtype);
  }

  /** The type most of the weights have in memory. */
  storedDtype(): Dtype {
    const bytes = new Map<Dtype, number>();
    for (const block of this.settings.blocks) {
      for (const tensor of block.tensors) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.bytes);
    }
    const [most] = [...bytes].sort((a, b) => b[1] - a[1]);
    return most?.[0] ?? 'f32';
  }

  /** Positions there is room for, prompt and answer together. */
  get contextTokens(): number {
    return this.settings.capacity;
  }

  /** Answers a prompt, token by token; ends after the current pass when `signal` aborts. */
  async *generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void> {
    const sampling = validateSampling({ ...defaultSampling, ...request.sampling });
    const prompt = this.text.encode(request.prompt);
    if (prompt.length >= this.settings.capacity) {
      throw new WrongUseError(
        'PROMPT_TOO_LONG',
        `The prompt has ${prompt.length} tokens and there is room for ${this.settings.capacity}: shorten it.`,
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
    const cachedTokens = Math.min(sharedStart(this.#cached, prompt), prompt.length - 1);
    const passes = {
      logits: this.shard.logits,
      tokensPerPass: this.settings.tokensPerPass,
      pass: async (tokens: readonly number[], position: number, logitRows: number) => {
        this.#cached.length = position;
        await this.shard.pass(tokens, position, logitRows);
        this.#cached.push(...tokens);
      },
    };
    yield* generate(passes, this.text.tokenizer, {
      prompt, cachedTokens, sampling, maxTokens: request.maxTokens, stop: request.stop ?? [],
      maxPositions: this.settings.capacity, ignoreEnd: request.ignoreEnd ?? false,
      ...(request.rules === undefined ? {} : { rules: request.rules }),
      ...(request.topLogprobs === undefined ? {} : { topLogprobs: request.topLogprobs }),
    }, signal);
  }

  /** The next answer re-uses nothing of the context so far. */
  forgetContext(): void {
    this.#cached = [];
  }

  /** What one token costs: bytes of weights read, and multiply-adds of the layers (output head not counted). */
  weightFootprint(): { bytes: number; layerMultiplyAdds: number } {
    const layers = this.settings.blocks.slice(0, this.settings.config.nLayers * 2);
    const sum = (blocks: typeof layers, of: (tensor: { bytes: number; rows: number; cols: number }) => number): number =>
      blocks.reduce((total, block) => total + block.tensors.reduce((inner, tensor) => inner + of(tensor), 0), 0);
    return {
      bytes: sum([...this.settings.blocks], (tensor) => tensor.bytes),
      layerMultiplyAdds: sum(layers, (tensor) => (tensor.rows > 1 ? tensor.rows * tensor.cols : 0)),
    };
  }

  /** What each node did and needed, rank by rank, and where this node's time went. */
  async report(): Promise<{ nodes: NodeReport[]; shard: ShardReport }> {
    const shard = await this.shard.report();
    const own = {
      peakRssBytes: peakRssBytes(),
      predictedPeakBytes: this.predictedPeakBytes,
      weightBytesRead: shard.weightBytesRead,
      wireBytesSent: shard.wireBytesSent,
      wireBytesReceived: shard.wireBytesReceived,
      allReduces: shard.allReduces,
    };
    const others = this.world === null ? [] : await this.world.session.reports(reportTimeoutMs);
    const shares = this.world?.shares ?? [this.settings.share];
    const nodes = [own, ...others].map((report, rank) => nodeReport(this.settings.config, need(shares, rank), report));
    return { nodes, shard };
  }

  /** Blocks the memory window holds; 0 where all are resident. */
  get memoryWindow(): number {
    return this.settings.weights.kind === 'slices' ? this.settings.weights.plan.window : 0;
  }

  async close(): Promise<void> {
    if (this.world === null) await this.shard.close();
    else await this.world.close();
  }
}

const reportTimeoutMs = 5_000;

type Measured = Pick<
  BodyOf<'report'>,
  'peakRssBytes' | 'predictedPeakBytes' | 'weightBytesRead' | 'wireBytesSent' | 'wireBytesReceived' | 'allReduces'
>;

function nodeReport(config: ModelConfig, share: Share, measured: Measured): NodeReport {
  return {
    rank: share.rank,
    heads: share.kvHeads * (config.nHeads / config.nKvHeads),
    kv_heads: share.kvHeads,
    ffn_columns: share.ffnColumns,
    peak_rss_bytes: measured.peakRssBytes,
    predicted_peak_bytes: measured.predictedPeakBytes,
    weight_bytes_read: measured.weightBytesRead,
    wire_bytes_sent: measured.wireBytesSent,
    wire_bytes_received: measured.wireBytesReceived,
    allreduces: measured.allReduces,
  };
}

function need(shares: readonly Share[], rank: number): Share {
  const share = shares[rank];
  if (share === undefined) throw new Error(`no share for rank ${rank}`);
  return share;
}

/** How many tokens two sequences have in common from their start. */
function sharedStart(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}
