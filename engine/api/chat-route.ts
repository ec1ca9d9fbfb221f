import { randomBytes } from 'node:crypto';
import { checkModelId, type ApiContext } from './api-context.js';
import { ChatChoice, ChatMessageBuilder, type ChatStep } from './chat-choices.js';
import { planChat, type ChatPlan } from './chat-plan.js';
import { chatRequest, type ChatRequest } from './chat-request.js';
import { checkPromptLength, generateChoices, Usage, type ChoicePlan } from './choices.js';
import { EventStream } from './event-stream.js';
import { sendJson, type Exchange } from './exchange.js';
import { parseFields } from './request-fields.js';
import { samplingsOf, stopStringsOf } from './sampling-fields.js';

/** `POST /v1/chat/completions` */
export async function chatCompletions(context: ApiContext, body: unknown, exchange: Exchange): Promise<void> {
  const request = parseFields(chatRequest, body);
  checkModelId(context, request.model);
  const plan = planChat(request, context.model, context.grammars);
  checkPromptLength(context, plan.prompt, 'messages');
  const answer = new ChatAnswer(context, request, plan, exchange);
  await (request.stream === true ? answer.stream() : answer.whole());
}

class ChatAnswer {
  readonly #choices: readonly ChatChoice[];
  readonly #usage: Usage;
  readonly #head: object;

  constructor(
    private readonly context: ApiContext,
    private readonly request: ChatRequest,
    private readonly plan: ChatPlan,
    private readonly exchange: Exchange,
  ) {
    const { tokenizer } = context.model.text;
    this.#choices = Array.from({ length: request.n ?? 1 }, () => new ChatChoice(plan, tokenizer));
    this.#usage = new Usage(plan.prompt.length);
    this.#head = {
      id: `chatcmpl-${randomBytes(16).toString('hex')}`,
      object: request.stream === true ? 'chat.completion.chunk' : 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: context.modelId,
      service_tier: 'default',
      system_fingerprint: null,
    };
  }

  async whole(): Promise<void> {
    const messages = this.#choices.map(() => new ChatMessageBuilder());
    for await (const { choice, step } of this.#steps()) messages[choice]!.add(step);
    const withLogprobs = this.request.logprobs === true;
    const choices = messages.map((message, index) => message.choice(index, withLogprobs));
    sendJson(this.exchange.response, 200, { ...this.#head, choices, usage: this.#usage });
  }

  async stream(): Promise<void> {
    const events = new EventStream(this.exchange.response);
    const greeted = new Set<number>();
    const told = this.request.stream_options?.include_usage === true;
    const chunk = (choices: object[], usage: Usage | null): object => ({ ...this.#head, choices, ...(told ? { usage } : {}) });
    const say = (index: number, delta: object, finish: string | null, logprobs: readonly object[]): Promise<void> => {
      const probabilities = logprobs.length === 0 ? null : { content: logprobs, refusal: null };
      return events.send(chunk([{ index, delta, logprobs: probabilities, finish_reason: finish }], null));
    };
    try {
      for await (const { choice, step } of this.#steps(() => events.open())) {
        if (!greeted.has(choice)) await say(choice, { role: 'assistant', content: '' }, null, []);
        greeted.add(choice);
        const hasDelta = Object.keys(step.delta).length > 0 || step.logprobs.length > 0;
        if (hasDelta) await say(choice, step.delta, null, step.logprobs);
        if (step.finish !== null) await say(choice, {}, step.finish, []);
      }
      if (told) await events.send(chunk([], this.#usage));
      events.end();
    } finally {
      events.close();
    }
  }

  async *#steps(onQueued?: () => void): AsyncGenerator<{ choice: number; step: ChatStep }> {
    for await (const event of generateChoices(this.context, this.#plans(), this.exchange.signal, onQueued)) {
      const step = this.#choices[event.choice]!.hear(event);
      if (event.event.kind === 'end') this.#usage.add(event.event.timing, event.choice === 0);
      yield { choice: event.choice, step };
    }
  }

  #plans(): ChoicePlan[] {
    const { request, plan } = this;
    return samplingsOf(request).map((sampling) => ({
      prompt: plan.prompt,
      sampling,
      rules: plan.rules(),
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? null,
      stop: stopStringsOf(request),
      topLogprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : null,
    }));
  }
}
