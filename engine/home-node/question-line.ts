import { ClusterFailedError, InterruptedError } from '../errors.js';
import type { Cluster } from '../cluster/cluster.js';
import type { AnswerRequest } from '../loaded-model.js';
import type { AskedEvent } from '../wire/asked.js';
import type { AnswerEvent } from './answer-event.js';
import { failureOf } from './asked-failure.js';
import { askedPieces } from './asked-pieces.js';
import { EventStream } from './event-stream.js';

interface Asking {
  readonly master: string;
  readonly events: EventStream<AnswerEvent>;
}

/** A helper's side of its person's questions: carried to the master, with what comes of them brought back. */
export class QuestionLine {
  readonly #asking = new Map<number, Asking>();
  #number = 0;

  constructor(private readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent' | 'nameOf'>) {
    cluster.onMessage(({ from, control }) => {
      if (control.name !== 'askEvent') return;
      const { number, event } = control.body;
      const asking = this.#asking.get(number);
      // Only the laptop that was asked may answer.
      if (asking?.master === from) hear(asking, event);
    });
    cluster.onAbsent((deviceId) => {
      for (const { master, events } of this.#asking.values()) if (master === deviceId) events.end(this.#interrupted(master));
    });
  }

  /**
   * Asks the master. What came before a failure stays said; rejects with what the master refused, or with
   * ClusterFailedError ANSWER_INTERRUPTED when the master is lost on the way.
   */
  async *ask(master: string, request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    this.#number += 1;
    const number = this.#number;
    const events = new EventStream<AnswerEvent>();
    this.#asking.set(number, { master, events });
    let ended = false;
    const cancel = (): void => {
      if (!ended) this.cluster.send(master, 'askCancel', { number });
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) throw new InterruptedError();
      for (const piece of askedPieces(number, request)) {
        if (!this.cluster.send(master, 'ask', piece)) throw this.#interrupted(master);
      }
      for await (const event of events) {
        yield event;
        ended = event.kind === 'end';
      }
      ended = true;
    } finally {
      signal.removeEventListener('abort', cancel);
      this.#asking.delete(number);
      cancel();
    }
  }

  #interrupted(master: string): ClusterFailedError {
    const name = this.cluster.nameOf(master);
    return new ClusterFailedError(
      'ANSWER_INTERRUPTED',
      `${name}, which led the home, was lost: the answer stays as far as it came. Ask again for a whole one.`,
      { values: { name } },
    );
  }
}

function hear({ events }: Asking, event: AskedEvent): void {
  if (event.kind === 'failed') return events.end(failureOf(event));
  events.push(event as AnswerEvent);
  if (event.kind === 'end') events.end();
}
