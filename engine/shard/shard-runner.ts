import { kernels } from '../../native-kernels/index.js';
import type { AllReduce } from '../collective/all-reduce.js';
import type { BlockStore } from '../memory/block-store.js';
import { ResidentBlocks } from '../memory/resident-blocks.js';
import { Window } from '../memory/window.js';
import { dropFromPageCacheIfThere } from '../report/page-cache.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import { CheckpointBlocks } from '../slices/checkpoint-blocks.js';
import { activationLayout, Activations } from './activations.js';
import { Embedding, embeddingRowBytes } from './embedding.js';
import { Forward } from './forward.js';
import { checkContext, checkPass } from './step-bounds.js';
import { KvCache } from './kv-cache.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

/**
 * One node's slice of the model, loaded: weights, KV cache, activations. Owns all native memory of its thread; `close`
 * gives it back. Runs in a worker thread, but knows nothing of threads.
 */
export class ShardRunner {
  readonly #activations: Activations;
  readonly #cache: KvCache;
  readonly #forward: Forward;
  readonly #embedding: Embedding | null;

  private constructor(
    private readonly settings: ShardSettings,
    private readonly store: BlockStore,
    private readonly collective: AllReduce,
  ) {
    const { config, share, blocks, embedding, capacity, contexts } = settings;
    const rowBytes = embedding === null ? 0 : embeddingRowBytes(embedding);
    const layout = activationLayout(config, share, settings.tokensPerPass, settings.logitRows, rowBytes);
    this.#activations = new Activations(layout);
    this.#cache = new KvCache(config, share, capacity, settings.kvDtype, contexts);
    const direct = settings.weights.kind === 'slices';
    this.#embedding = embedding === null ? null : new Embedding(embedding, this.#activations, direct);
    kernels.write(this.#activations.memory, layout.frequencies, settings.frequencies);
    this.#forward = new Forward({
      config, share, blocks, store, collective, activations: this.#activations, cache: this.#cache,
    });
  }

  /** Loads the weights that stay, with progress in bytes. */
  static async load(settings: ShardSettings, collective: AllReduce, show?: OnProgress): Promise<ShardRunner> {
    if (settings.threads !== null) kernels.setThreads(settings.threads);
    const store = await loadWeights(settings, show);
    return new ShardRunner(settings, store, collective);
  }

  /** The master's pass: embedding rows of `tokens`, then all layers; logits of the last `logitRows` tokens. */
  async passTokens(tokens: readonly number[], position: number, logitRows: number, context = 0): Promise<void> {
    if (this.#embedding === null) throw new Error('only the master reads embeddings');
    this.#begin(position, tokens.length, context);
    this.#embedding.look(tokens);
    await this.#pass(position, tokens.length, logitRows);
  }

  /** A worker's pass: the hidden states come from the master. */
  async passHidden(position: number, tokens: number, context = 0): Promise<void> {
    this.#begin(position, tokens, context);
    await this.#pass(position, tokens, 0);
  }

  /** The first `tokens` positions of the context `from` become those of `to`. */
  copyContext(from: number, to: number, tokens: number): void {
    checkContext(this.settings, from, 0, tokens);
    checkContext(this.settings, to, 0, tokens);
    this.#cache.copy(from, to, tokens);
  }

  #begin(position: number, tokens: number, context: number): void {
    checkContext(this.settings, context, position, tokens);
    checkPass(this.settings, tokens);
    this.#cache.use(context);
  }

  async #pass(position: number, tokens: number, logitRows: number): Promise<void> {
    const { layout, memory } = this.#activations;
    const sharing = this.collective.broadcast(memory, layout.hidden.offset, tokens * this.settings.config.dim);
    if (sharing !== undefined) await sharing;
    await this.#forward.run(position, tokens, logitRows);
  }

  /** For measuring: the KV cache holds a whole context that nobody computed. */
  assumeContext(): void {
    this.#cache.fill();
  }

  /** Copies the logits (rows, vocab) of the last pass out. */
  readLogits(into: Float32Array): void {
    const { layout, memory } = this.#activations;
    kernels.read(memory, layout.logits.offset, into);
  }

  report(): ShardReport {
    const { times } = this.#forward;
    const wire = this.collective.stats();
    return {
      computeMs: times.compute,
      allReduceWaitMs: wire.waitMs,
      allReduceWireMs: wire.wireMs,
      weightWaitMs: times.weightWait,
      passes: times.passes,
      weightBytesRead: this.store.bytesRead(),
      weightReadRate: this.store instanceof Window ? this.store.readRate() : 0,
      wireBytesSent: wire.bytesSent,
      wireBytesReceived: wire.bytesReceived,
      allReduces: wire.allReduces,
      nativeBytes: kernels.memoryStats().allocatedBytes,
      threads: kernels.threads(),
    };
  }

  close(): void {
    this.#embedding?.close();
    this.#cache.close();
    this.#activations.close();
    this.store.close();
  }
}

async function loadWeights(settings: ShardSettings, show?: OnProgress): Promise<BlockStore> {
  const { blocks, weights, config } = settings;
  const label = 'Loading weights';
  if (weights.kind === 'checkpoint') {
    const store = new ResidentBlocks(blocks);
    const source = new CheckpointBlocks(new Map(weights.tensors.map((entry) => [entry.name, entry])));
    try {
      await store.load(source, label, show);
    } catch (error) {
      store.close();
      throw error;
    } finally {
      source.close();
    }
    return store;
  }
  // Of the program, too, only what it uses is to stay: the rest was read ahead while it, and this thread, started.
  dropFromPageCacheIfThere([process.execPath]);
  const store = new Window(blocks, config.nLayers * 2, weights.plan, weights.files);
  const total = blocks.reduce((sum, block, i) => sum + (weights.plan.resident[i] === true ? block.bytes : 0), 0);
  const meter = new ProgressMeter(label, total, show);
  let done = 0;
  try {
    await store.start((bytes) => meter.update((done += bytes)));
  } catch (error) {
    store.close();
    throw error;
  }
  return store;
}
