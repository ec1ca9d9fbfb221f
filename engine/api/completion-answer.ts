import { randomBytes } from 'node:crypto';
import type { ApiContext } from './api-context.js';
import { generateChoices, Usage, type ChoiceEvent, type ChoicePlan } from './choices.js';
import type { CompletionRequest } from './completion-request.js';
import { EventStream } from './event-stream.js';
import { sendJson, type Exchange } from './exchange.js';
import { addCompletionLogprob, noCompletionLogprobs, type CompletionLogprobs } from './logprob-fields.js';
import { logitRulesOf, samplingsOf, stopStringsOf } from './sampling-fields.js';

const defaultMaxTokens = 16;

export interface EncodedPrompt {
  tokens: readonly number[];
  text: string;
}

/** The answer to `POST /v1/completions`: every prompt goes on in `n` ways. */
export class CompletionAnswer {
  readonly #usage: Usage;
  readonly #head: object;
  readonly #perPrompt: number;
  /** By choice: characters so far. */
  readonly #lengths: number[] = [];

  constructor(
    private readonly context: ApiContext,
    private readonly request: CompletionRequest,
    private readonly prompts: readonly EncodedPrompt[],
    private readonly exchange: Exchange,
  ) {
    this.#perPrompt = request.n ?? 1;
    this.#usage = new Usage(prompts.reduce((sum, { tokens }) => sum + tokens.length, 0));
    this.#head = {
      id: `cmpl-${randomBytes(16).toString('hex')}`,
      object: 'text_completion',
      created: Math.floor(Date.now() / 1000),
      model: context.modelId,
      system_fingerprint: null,
    };
  }

  async whole(): Promise<void> {
    const plans = this.#plans();
    const texts = plans.map((_, choice) => this.#echoed(choice));
    const logprobs = plans.map(() => noCompletionLogprobs());
    const reasons: string[] = [];
    for await (const event of this.#events(plans)) {
      this.#addLogprobs(logprobs[event.choice]!, event);
      texts[event.choice] = `${texts[event.choice]!}${event.event.text}`;
      if (event.event.kind === 'end') reasons[event.choice] = finishOf(event.event.reason);
    }
    const choices = texts.map((text, index) => ({
      text, index, logprobs: this.request.logprobs == null ? null : logprobs[index]!, finish_reason: reasons[index]!,
    }));
    sendJson(this.exchange.response, 200, { ...this.#head, choices, usage: this.#usage });
  }

  async stream(): Promise<void> {
    const events = new EventStream(this.exchange.response);
    const plans = this.#plans();
    const greeted = new Set<number>();
    const told = this.request.stream_options?.include_usage === true;
    const say = (choices: object[], usage: Usage | null): Promise<void> =>
      events.send({ ...this.#head, choices, ...(told ? { usage } : {}) });
    try {
      for await (const event of this.#events(plans, () => events.open())) {
        const echoed = greeted.has(event.choice) ? '' : this.#echoed(event.choice);
        greeted.add(event.choice);
        if (echoed !== '') await say([{ text: echoed, index: event.choice, logprobs: null, finish_reason: null }], null);
        const lists = noCompletionLogprobs();
        this.#addLogprobs(lists, event);
        const finish = event.event.kind === 'end' ? finishOf(event.event.reason) : null;
        if (event.event.text === '' && finish === null && lists.tokens.length === 0) continue;
        const logprobs = lists.tokens.length === 0 ? null : lists;
        await say([{ text: event.event.text, index: event.choice, logprobs, finish_reason: finish }], null);
      }
      if (told) await say([], this.#usage);
      events.end();
    } finally {
      events.close();
    }
  }

  async *#events(plans: readonly ChoicePlan[], onQueued?: () => void): AsyncGenerator<ChoiceEvent> {
    for await (const event of generateChoices(this.context, plans, this.exchange.signal, onQueued)) {
      if (event.event.kind === 'end') this.#usage.add(event.event.timing, event.choice % this.#perPrompt === 0);
      yield event;
    }
  }

  #addLogprobs(lists: CompletionLogprobs, { choice, event }: ChoiceEvent): void {
    const offset = this.#lengths[choice] ?? 0;
    this.#lengths[choice] = offset + event.text.length;
    const { tokenizer } = this.context.model.text;
    if (event.kind !== 'token' || event.logprobs === undefined || tokenizer.endTokens.includes(event.token)) return;
    addCompletionLogprob(lists, tokenizer, event.token, event.logprobs, offset);
  }

  #echoed(choice: number): string {
    return this.request.echo === true ? this.prompts[Math.floor(choice / this.#perPrompt)]!.text : '';
  }

  #plans(): ChoicePlan[] {
    const { request } = this;
    const samplings = samplingsOf(request);
    return this.prompts.flatMap(({ tokens }) =>
      samplings.map((sampling) => ({
        prompt: tokens,
        sampling,
        rules: logitRulesOf(request),
        maxTokens: request.max_tokens ?? defaultMaxTokens,
        stop: stopStringsOf(request),
        topLogprobs: request.logprobs ?? null,
      })),
    );
  }
}

function finishOf(reason: string): 'stop' | 'length' {
  return reason === 'length' ? 'length' : 'stop';
}
