import { ClusterFailedError, sayingOf } from '../engine/errors.js';
import type { AnsweringEngine, ChatQuestion } from './answering-engine.js';
import type { EngineAnswer } from './engine-messages.js';

/** Runs the window's questions on the engine, which is opened by the first of them, and says what comes out of it. */
export class AnswerHost {
  readonly #running = new Map<number, AbortController>();
  #engine: Promise<AnsweringEngine> | null = null;

  constructor(
    private readonly open: () => Promise<AnsweringEngine>,
    private readonly say: (event: EngineAnswer) => void,
  ) {}

  /** Answers until the end, a failure, or {@link stop}; never rejects. */
  async ask(answer: number, question: ChatQuestion): Promise<void> {
    const stop = new AbortController();
    this.#running.set(answer, stop);
    try {
      const engine = await this.#opened();
      for await (const piece of engine.answer(question, stop.signal)) this.say({ ...piece, answer });
    } catch (error) {
      if (error instanceof ClusterFailedError) await this.#forget();
      this.say({ type: 'failed', answer, ...sayingOf(error) });
    } finally {
      this.#running.delete(answer);
    }
  }

  stop(answer: number): void {
    this.#running.get(answer)?.abort();
  }

  /** Stops what runs and closes the engine; never rejects, since nobody is left to hear of it. */
  async close(): Promise<void> {
    for (const stop of this.#running.values()) stop.abort();
    await this.#forget();
  }

  /** An engine that lost a node answers no more: the next question opens another. */
  async #forget(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.then((opened) => opened.close()).catch(() => undefined);
  }

  /** A model that could not be opened is tried again by the next question: the person may have put it right. */
  #opened(): Promise<AnsweringEngine> {
    this.#engine ??= this.open().catch((error: unknown) => {
      this.#engine = null;
      throw error;
    });
    return this.#engine;
  }
}
