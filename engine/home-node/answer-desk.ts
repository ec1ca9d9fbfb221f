import type { Cluster } from '../cluster/cluster.js';
import { InterruptedError } from '../errors.js';
import type { HomeModelEvent } from '../home-model.js';
import type { AnswerRequest } from '../loaded-model.js';
import type { AnswerEvent } from './answer-event.js';
import { AnswerQueue } from './answer-queue.js';
import { EventStream } from './event-stream.js';
import { notMaster, type ModelKeeper } from './model-keeper.js';

/** Answers questions on the laptop that leads the home, one at a time, whoever asked. */
export class AnswerDesk {
  readonly #queue: AnswerQueue;
  /** Who is being answered. */
  #current: EventStream<AnswerEvent> | null = null;

  constructor(
    private readonly cluster: Pick<Cluster, 'status' | 'setBusy' | 'onElection'>, private readonly keeper: ModelKeeper,
  ) {
    this.#queue = new AnswerQueue(() => keeper.setQueued(this.#queue.length));
  }

  /** What befalls the model in the middle of an answer is told to whoever reads it. */
  hear(event: HomeModelEvent): void {
    if (event.kind === 'paused') {
      this.#current?.push({ kind: 'paused', deviceId: event.deviceId, name: event.name.slice(0, 63), reason: event.why.slice(0, 1000) });
    } else if (event.kind === 'resumed') {
      this.#current?.push({ kind: 'resumed', seconds: event.seconds });
    }
  }

  /** Rejects with ClusterFailedError NOT_MASTER where another laptop leads, before anything was said. */
  async *answer(request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    const events = new EventStream<AnswerEvent>();
    // Whoever reads no further wants no more.
    const unread = new AbortController();
    const stop = (): void => unread.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const answering = this.#answer(request, events, unread.signal).then(() => events.end(), (error: unknown) =>
      events.end(error instanceof Error ? error : new Error(String(error))));
    try {
      yield* events;
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      await answering;
    }
  }

  async #answer(request: AnswerRequest, events: EventStream<AnswerEvent>, signal: AbortSignal): Promise<void> {
    const release = await this.#queue.turn((place) => events.push({ kind: 'queued', place }), signal);
    try {
      await this.#accepting(signal);
      const model = await this.keeper.model(signal);
      this.#begin(events);
      let secondsPerToken: number | null = null;
      try {
        for await (const event of model.generate(request, signal)) {
          events.push(event);
          if (event.kind === 'end' && event.timing.decodeTokPerS > 0) secondsPerToken = 1 / event.timing.decodeTokPerS;
        }
      } finally {
        this.#end(secondsPerToken);
      }
    } finally {
      release();
    }
  }

  #begin(events: EventStream<AnswerEvent>): void {
    this.#current = events;
    this.cluster.setBusy(true);
    this.keeper.setAnswering(true);
  }

  #end(secondsPerToken: number | null): void {
    this.#current = null;
    this.cluster.setBusy(false);
    this.keeper.setAnswering(false, secondsPerToken);
  }

  /** A master takes new work only once all that it sees agree on it. */
  async #accepting(signal: AbortSignal): Promise<void> {
    while (!this.cluster.status.accepting) {
      if (signal.aborted) throw new InterruptedError();
      if (this.cluster.status.role !== 'master') throw notMaster();
      await new Promise<void>((resolve) => {
        const done = (): void => {
          off();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const off = this.cluster.onElection(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }
}
