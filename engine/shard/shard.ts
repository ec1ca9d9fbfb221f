import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { HearthError } from '../errors.js';
import type { OnProgress } from '../report/progress.js';
import type { FromShard, ToShard } from './shard-messages.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

type Request = ToShard extends infer T ? (T extends { id: number } ? Omit<T, 'id'> : never) : never;

interface Waiting {
  resolve: (report: ShardReport | null) => void;
  reject: (error: Error) => void;
}

/** The engine's handle on the worker thread that runs this node's slice. Requests are answered in order. */
export class Shard {
  /** Logits (rows, vocab) of the last pass, written by the worker thread. */
  readonly logits: Float32Array;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #onProgress: OnProgress | undefined;
  #failure: Error | null = null;

  private constructor(settings: ShardSettings) {
    this.logits = new Float32Array(new SharedArrayBuffer(settings.logitRows * settings.config.vocab * 4));
    this.#worker = new Worker(workerFile());
    this.#worker.on('message', (message: FromShard) => this.#hear(message));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', () => this.#failAll(new HearthError('SHARD_ENDED', 'The compute thread has ended.', 4)));
  }

  /** Starts the thread and loads the slice. */
  static async load(settings: ShardSettings, show?: OnProgress): Promise<Shard> {
    const shard = new Shard(settings);
    shard.#onProgress = show;
    try {
      const logits = shard.logits.buffer as SharedArrayBuffer;
      await shard.#ask({ kind: 'load', settings, logits: logits.byteLength > 0 ? logits : null });
    } catch (error) {
      await shard.#worker.terminate();
      throw error;
    }
    return shard;
  }

  /** Runs `tokens` from `position`; afterwards `logits` holds the last `logitRows` rows. */
  async pass(tokens: readonly number[], position: number, logitRows: number): Promise<void> {
    await this.#ask({ kind: 'pass', tokens, position, logitRows });
  }

  async report(): Promise<ShardReport> {
    const report = await this.#ask({ kind: 'report' });
    if (report === null) throw new Error('the shard gave no report');
    return report;
  }

  /** Frees the slice's memory and ends the thread. */
  async close(): Promise<void> {
    if (this.#failure === null) await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  #ask(request: Request): Promise<ShardReport | null> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  #hear(message: FromShard): void {
    if (message.kind === 'progress') {
      this.#onProgress?.(message.progress);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.report);
    else waiting?.reject(new HearthError(message.code, message.sentence, message.exitCode as 2 | 3 | 4 | 130));
  }

  #failAll(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

/** The built worker beside this file; run from the sources, the one in dist/. A bundle says where its own lies. */
function workerFile(): URL | string {
  const bundled = process.env['HEARTH_SHARD_WORKER'];
  if (bundled !== undefined) return bundled;
  const beside = new URL('./shard-worker.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/engine/shard/shard-worker.js', import.meta.url);
}
