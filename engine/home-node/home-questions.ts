import type { Cluster } from '../cluster/cluster.js';
import { ClusterFailedError, HearthError, InterruptedError } from '../errors.js';
import type { AnswerRequest } from '../loaded-model.js';
import type { AnswerEvent } from './answer-event.js';
import type { AnswerHere } from './question-desk.js';
import { QuestionLine } from './question-line.js';

/** How long a question waits for a laptop that leads the home (ms). */
const masterPatienceMs = 20_000;
/** What a question may meet while the home settles, before anything of its answer was said. */
const unsettled = new Set(['NOT_MASTER', 'ANSWER_INTERRUPTED', 'NO_MODEL']);
const settleMs = 4_000;

/** The questions of this laptop's own people: answered here where this laptop leads the home, else carried to the one that does. */
export class HomeQuestions {
  readonly #line: QuestionLine;
  readonly #stopped = new AbortController();

  constructor(
    private readonly self: string,
    private readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent' | 'nameOf' | 'status'>,
    private readonly answerHere: AnswerHere,
  ) {
    this.#line = new QuestionLine(cluster);
  }

  /**
   * Asks the home: answered here where this laptop leads it, else carried to the one that does. Rejects with NO_MASTER,
   * NO_MODEL, with why the model cannot be had, or with ClusterFailedError ANSWER_INTERRUPTED when the laptop that led the
   * answer is lost: what came before stays said.
   */
  async *ask(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    const signals = [this.#stopped.signal, ...(signal === undefined ? [] : [signal])];
    for (const one of signals) one.addEventListener('abort', abort, { once: true });
    if (signals.some(({ aborted }) => aborted)) abort();
    try {
      yield* this.#askUntilHeard(request, stop.signal);
    } finally {
      for (const one of signals) one.removeEventListener('abort', abort);
    }
  }

  /** Ends all that are under way. */
  stop(): void {
    this.#stopped.abort(new InterruptedError());
  }

  async *#askUntilHeard(request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    for (const began = performance.now(); ;) {
      const master = await this.#master(signal);
      let said = false;
      try {
        const answer = master === this.self ? this.answerHere(request, signal) : this.#line.ask(master, request, signal);
        for await (const event of answer) {
          said ||= event.kind !== 'queued';
          yield event;
        }
        return;
      } catch (error) {
        const code = error instanceof HearthError ? error.code : '';
        if (said || !unsettled.has(code) || performance.now() - began > settleMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  async #master(signal: AbortSignal): Promise<string> {
    const { cluster } = this;
    const deadline = performance.now() + masterPatienceMs;
    for (;;) {
      if (signal.aborted) throw new InterruptedError();
      const { master } = cluster.status;
      if (master !== null) return master;
      if (performance.now() > deadline) {
        throw new ClusterFailedError('NO_MASTER', 'The laptops of this home have not agreed on who leads. `hearth cluster` shows who is there.');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
