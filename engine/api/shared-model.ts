import type { GenerationEvent } from '../generate/generation.js';
import type { AnswerRequest } from '../loaded-model.js';
import { RequestQueue } from './request-queue.js';
import type { ModelHealth, ServedModel } from './served-model.js';

/**
 * One model for several who ask, such as the app's own chats and the local API: an answer that comes while another is
 * given waits for it, in the order they came.
 */
export class SharedModel implements ServedModel {
  readonly #turns = new RequestQueue(Infinity);

  constructor(private readonly model: ServedModel) {}

  get text(): ServedModel['text'] {
    return this.model.text;
  }

  get contextTokens(): number {
    return this.model.contextTokens;
  }

  health(): ModelHealth {
    return this.model.health?.() ?? { ready: true };
  }

  async *generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void> {
    const endTurn = await this.#turn(signal ?? new AbortController().signal);
    if (endTurn === null) {
      yield abortedEarly;
      return;
    }
    try {
      yield* this.model.generate(request, signal);
    } finally {
      endTurn();
    }
  }

  /** Null when `signal` aborts first. */
  async #turn(signal: AbortSignal): Promise<(() => void) | null> {
    try {
      return await this.#turns.enter(signal);
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }
}

/** The end of an answer that was given up before its turn. */
const abortedEarly: GenerationEvent = {
  kind: 'end', reason: 'aborted', text: '',
  timing: { promptTokens: 0, cachedTokens: 0, tokens: 0, ttftMs: 0, prefillTokPerS: 0, decodeTokPerS: 0 },
};
