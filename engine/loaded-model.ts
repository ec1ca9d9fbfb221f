import { WrongUseError } from './errors.js';
import type { Dtype } from './formats/dtype.js';
import { generate, type GenerationEvent } from './generate/generation.js';
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
import { soloSettings, type SoloOptions } from './shard/solo-settings.js';
import type { ShardReport, ShardSettings } from './shard/shard-settings.js';

export type LoadOptions = SoloOptions;

export interface AnswerRequest {
  prompt: Prompt;
  sampling?: Partial<Sampling>;
  maxTokens: number;
  stop?: readonly string[];
  /** Goes on past end-of-turn tokens, for measuring. */
  ignoreEnd?: boolean;
}

/** A model whose weights are in place. One answer at a time. */
export class LoadedModel {
  /** Tokens whose keys and values are in the KV cache, in order: a chat that goes on re-uses its beginning. */
  #cached: number[] = [];
  #busy = false;

  private constructor(
    readonly text: TextModel,
    readonly options: LoadOptions,
    private readonly settings: ShardSettings,
    private readonly shard: Shard,
    private readonly predictedPeakBytes: number,
  ) {}

  static async load(text: TextModel, options: LoadOptions, show?: OnProgress): Promise<LoadedModel> {
    const settings = soloSettings(text.opened, options);
    const { weights, kvCache, activations } = shardMemory(settings);
    const predicted = forecastPeak({ process: process.memoryUsage.rss(), weights, kvCache, activations, working: 0 });
    const shard = new Shard();
    await shard.load(settings, show);
    return new LoadedModel(text, options, settings, shard, predicted);
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
    const { config, share } = this.settings;
    const node: NodeReport = {
      rank: 0,
      heads: share.kvHeads * (config.nHeads / config.nKvHeads),
      kv_heads: share.kvHeads,
      ffn_columns: share.ffnColumns,
      peak_rss_bytes: peakRssBytes(),
      predicted_peak_bytes: this.predictedPeakBytes,
      weight_bytes_read: shard.weightBytesRead,
      wire_bytes_sent: shard.wireBytesSent,
      wire_bytes_received: shard.wireBytesReceived,
      allreduces: shard.allReduces,
    };
    return { nodes: [node], shard };
  }

  async close(): Promise<void> {
    await this.shard.close();
  }
}

/** How many tokens two sequences have in common from their start. */
function sharedStart(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}
