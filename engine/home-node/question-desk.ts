import { ClusterFailedError } from '../errors.js';
import type { Cluster } from '../cluster/cluster.js';
import type { AnswerRequest } from '../loaded-model.js';
import type { AskedEvent } from '../wire/asked.js';
import type { BodyOf } from '../wire/messages.js';
import type { AnswerEvent } from './answer-event.js';
import { failedEvent } from './asked-failure.js';
import { AskedIntake, requestOf } from './asked-pieces.js';

/** Answers a question here, in its turn. */
export type AnswerHere = (request: AnswerRequest, signal: AbortSignal) => AsyncIterable<AnswerEvent>;

/** Questions of one laptop that may be under way or waiting at once. */
const mostOfOneLaptop = 16;

interface Question {
  readonly intake: AskedIntake;
  readonly stop: AbortController;
}

/** The master's side of questions that other laptops' people ask: takes them in, and sends back what comes of them. */
export class QuestionDesk {
  /** By asking laptop and its number for the question. */
  readonly #questions = new Map<string, Map<number, Question>>();

  constructor(private readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent'>, private readonly answer: AnswerHere) {
    cluster.onMessage(({ from, control }) => {
      if (control.name === 'ask') this.#take(from, control.body);
      else if (control.name === 'askCancel') this.#questions.get(from)?.get(control.body.number)?.stop.abort();
    });
    // Nobody is left to hear the answer.
    cluster.onAbsent((deviceId) => {
      for (const { stop } of this.#questions.get(deviceId)?.values() ?? []) stop.abort();
    });
  }

  #take(from: string, body: BodyOf<'ask'>): void {
    const { number } = body;
    const ofLaptop = this.#questions.get(from) ?? new Map<number, Question>();
    this.#questions.set(from, ofLaptop);
    const question = ofLaptop.get(number) ?? { intake: new AskedIntake(), stop: new AbortController() };
    if (!ofLaptop.has(number) && ofLaptop.size >= mostOfOneLaptop) {
      return this.#send(from, number, failedEvent(new ClusterFailedError('TOO_MANY_QUESTIONS', 'This laptop has too many questions waiting: wait for some.')));
    }
    ofLaptop.set(number, question);
    try {
      const asked = question.intake.take(body);
      if (asked !== null) void this.#answer(from, number, requestOf(asked), question.stop.signal);
    } catch (error) {
      this.#send(from, number, failedEvent(error));
      ofLaptop.delete(number);
    }
  }

  async #answer(from: string, number: number, request: AnswerRequest, signal: AbortSignal): Promise<void> {
    try {
      for await (const event of this.answer(request, signal)) this.#send(from, number, event);
    } catch (error) {
      this.#send(from, number, failedEvent(error));
    } finally {
      this.#questions.get(from)?.delete(number);
    }
  }

  #send(to: string, number: number, event: AskedEvent): void {
    this.cluster.send(to, 'askEvent', { number, event });
  }
}
