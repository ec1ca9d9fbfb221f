import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { NodeLostError } from '../collective/node-lost-error.js';
import { HearthError, toldError } from '../errors.js';
import type { OnProgress } from '../report/progress.js';
import type { DataConnecting, DataListening, FromShard, ToShard } from './shard-messages.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

type Request = ToShard extends infer T ? (T extends { id: number } ? Omit<T, 'id'> : never) : never;
type Done = FromShard & { kind: 'done' };

interface Waiting {
  resolve: (done: Done) => void;
  reject: (error: Error) => void;
}

/**
 * The engine's handle on the worker thread that runs this node's slice. Life: start, then (in a run of several nodes)
 * listen and connect, then load, then passes (rank 0) or follow (the others), then close.
 */
export class Shard {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #logits: Float32Array = new Float32Array(0);
  #nextId = 1;
  #onProgress: OnProgress | undefined;
  #failure: Error | null = null;

  constructor() {
    this.#worker = new Worker(workerFile());
    this.#worker.on('message', (message: FromShard) => this.#hear(message));
    this.#worker.on('error', (error) => this.#failAll(error));
    this.#worker.on('exit', () => this.#failAll(new HearthError('SHARD_ENDED', 'The compute thread has ended.', 4)));
  }

  /** Logits (rows, vocab) of the last pass, written by the worker thread. */
  get logits(): Float32Array {
    return this.#logits;
  }

  /** Opens the port for data links and answers with its number. */
  async listen(listening: DataListening): Promise<number> {
    return (await this.#ask({ kind: 'listen', listening })).port ?? 0;
  }

  async connect(connecting: DataConnecting): Promise<void> {
    await this.#ask({ kind: 'connect', connecting });
  }

  /** Loads the slice. */
  async load(settings: ShardSettings, show?: OnProgress): Promise<void> {
    this.#onProgress = show;
    const logits = new SharedArrayBuffer(settings.logitRows * settings.config.vocab * 4);
    this.#logits = new Float32Array(logits);
    await this.#ask({ kind: 'load', settings, logits: settings.logitRows > 0 ? logits : null });
  }

  /** Rank 0: runs `tokens` from `position` of a context; afterwards `logits` holds the last `logitRows` rows. */
  async pass(tokens: readonly number[], position: number, logitRows: number, context = 0): Promise<void> {
    await this.#ask({ kind: 'pass', tokens, position, logitRows, context });
  }

  /** Rank 0: the first `tokens` positions of the context `from` become those of `to`. */
  async copyContext(from: number, to: number, tokens: number): Promise<void> {
    await this.#ask({ kind: 'copyContext', from, to, tokens });
  }

  /** Other ranks: resolves when rank 0 ended the run in peace, rejects when a node was lost. */
  async follow(): Promise<void> {
    await this.#ask({ kind: 'follow' });
  }

  async report(): Promise<ShardReport> {
    const { report } = await this.#ask({ kind: 'report' });
    if (report === null) throw new Error('the shard gave no report');
    return report;
  }

  /** Ends what is under way with `error`: somebody else knows better why it will never end. Resolves when all is given back. */
  async abandon(error: Error): Promise<void> {
    this.#failAll(error);
    await this.#worker.terminate();
  }

  /** Says goodbye on the data links, frees the slice's memory and ends the thread. */
  async close(): Promise<void> {
    if (this.#failure === null) await this.#ask({ kind: 'close' });
    this.#failure ??= new HearthError('SHARD_ENDED', 'The compute thread has ended.', 4);
    await this.#worker.terminate();
  }

  #ask(request: Request): Promise<Done> {
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
    if (message.kind === 'done') waiting?.resolve(message);
    else waiting?.reject(failureOf(message));
  }

  #failAll(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

/** The failure of the other side of the thread, as it was there. */
function failureOf({ said, exitCode, lostRank }: FromShard & { kind: 'failed' }): HearthError {
  return lostRank === null ? toldError(said, exitCode) : new NodeLostError(lostRank, said.sentence);
}

/** The built worker beside this file; run from the sources, the one in dist/. A bundle says where its own lies. */
function workerFile(): URL | string {
  const bundled = process.env['HEARTH_SHARD_WORKER'];
  if (bundled !== undefined) return bundled;
  const beside = new URL('./shard-worker.js', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../dist/engine/shard/shard-worker.js', import.meta.url);
}
