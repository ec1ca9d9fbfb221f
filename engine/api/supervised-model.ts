import { setTimeout as pause } from 'node:timers/promises';
import { HearthError, InterruptedError } from '../errors.js';
import type { GenerationEvent } from '../generate/generation.js';
import type { AnswerRequest } from '../loaded-model.js';
import { unlessStopped } from '../world/unless-stopped.js';
import type { ModelHealth, ServedModel } from './served-model.js';

/** A model that can be lost: a node of it went away. */
export interface LosableModel extends ServedModel {
  /** Never resolves; rejects when the model can answer no more. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
}

export interface Supervision<M extends LosableModel> {
  /** Loads the model again, the same as the first. Rejects when `signal` aborts. */
  reopen: (signal: AbortSignal) => Promise<M>;
  /** One line per event, for people. */
  say: (line: string) => void;
  /** Waiting time before the first attempt, ms; doubles with each that fails, to at most 30 s. */
  firstPauseMs?: number;
}

const longestPauseMs = 30_000;

/**
 * A model that is loaded again whenever it is lost, however often that takes. The answer under way ends with the error
 * that tells why; those that come meanwhile wait.
 */
export class SupervisedModel<M extends LosableModel> implements ServedModel {
  readonly text: ServedModel['text'];
  readonly contextTokens: number;
  readonly #closing = new AbortController();
  #model: M | null;
  /** Resolves with the next model; replaced with each loss. */
  #next: Promise<M>;
  /** Why there is no model now. */
  #reason = '';

  constructor(first: M, private readonly supervision: Supervision<M>) {
    this.text = first.text;
    this.contextTokens = first.contextTokens;
    this.#model = first;
    this.#next = Promise.resolve(first);
    this.#watch(first);
  }

  /** The model that answers now; null while it is being loaded again. */
  get current(): M | null {
    return this.#model;
  }

  health(): ModelHealth {
    return this.#model === null ? { ready: false, reason: this.#reason } : { ready: true };
  }

  async *generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void> {
    const model = this.#model ?? (await (signal === undefined ? this.#next : unlessStopped(this.#next, signal)));
    try {
      yield* model.generate(request, signal);
    } catch (error) {
      // Whoever is answered may hear of a loss before the watcher does.
      if (error instanceof HearthError && error.exitCode === 4) this.#lose(model, error);
      throw error;
    }
  }

  /** Ends the model, or the loading of one. */
  async close(): Promise<void> {
    this.#closing.abort();
    const model = await this.#next.catch(() => null);
    this.#model = null;
    await model?.close();
  }

  #watch(model: M): void {
    model.lost.catch((error: unknown) => this.#lose(model, error));
  }

  #lose(model: M, error: unknown): void {
    if (this.#model !== model || this.#closing.signal.aborted) return;
    this.#model = null;
    this.#reason = sentenceOf(error);
    this.supervision.say(`${this.#reason} Loading the model again; requests wait.`);
    this.#next = this.#reopen(model);
    // Whoever waits hears of it; if nobody does, closing was meant.
    this.#next.catch(() => undefined);
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #reopen(lost: M): Promise<M> {
    const { signal } = this.#closing;
    await lost.close().catch(() => undefined);
    for (let pauseMs = this.supervision.firstPauseMs ?? 1_000; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      if (this.#isClosed()) throw new InterruptedError();
      try {
        const model = await this.supervision.reopen(signal);
        this.#model = model;
        this.#watch(model);
        this.supervision.say('The model is ready again.');
        return model;
      } catch (error) {
        if (this.#isClosed()) throw error;
        this.#reason = sentenceOf(error);
        this.supervision.say(`${this.#reason} Trying again.`);
      }
    }
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof HearthError ? error.message : 'The model failed.';
}
