import type { GenerationEvent, GenerationTiming } from '../generate/generation.js';
import type { LogitRule } from '../generate/logit-rule.js';
import type { Sampling } from '../generate/sampler.js';
import type { ApiContext } from './api-context.js';
import { invalidRequest } from './api-error.js';

/** One answer to be generated. */
export interface ChoicePlan {
  prompt: readonly number[];
  sampling: Sampling;
  rules: readonly LogitRule[];
  /** null = as far as the context goes. */
  maxTokens: number | null;
  stop: readonly string[];
  /** Also tell probabilities, and those of this many best tokens. */
  topLogprobs: number | null;
}

export type ChoiceEvent =
  | { choice: number; event: Extract<GenerationEvent, { kind: 'token' }> }
  | { choice: number; event: Extract<GenerationEvent, { kind: 'end' }> };

/** ApiError 400 when a prompt leaves no room for an answer. */
export function checkPromptLength(context: ApiContext, prompt: readonly number[], param: string): void {
  const most = context.model.contextTokens;
  if (prompt.length < most) return;
  throw invalidRequest(
    `This model's maximum context length is ${most} tokens. However, your ${param} resulted in ${prompt.length} tokens. ` +
      `Please reduce the length of the ${param}.`,
    param, 'context_length_exceeded',
  );
}

/**
 * Waits for its turn, then generates the choices one after the other; later ones find their prompt in the KV cache.
 * Ends within one token of `signal` aborting, by throwing its reason.
 *
 * @param onQueued called once it is certain that the request will have its turn
 */
export async function* generateChoices(
  context: ApiContext, plans: readonly ChoicePlan[], signal: AbortSignal, onQueued?: () => void,
): AsyncGenerator<ChoiceEvent, void> {
  const asked = performance.now();
  const turn = context.queue.enter(signal);
  onQueued?.();
  const endTurn = await turn;
  try {
    context.metrics.queued.observe((performance.now() - asked) / 1000);
    for (const [choice, plan] of plans.entries()) yield* generateChoice(context, plan, choice, signal);
  } finally {
    endTurn();
  }
}

async function* generateChoice(
  { model, metrics }: ApiContext, plan: ChoicePlan, choice: number, signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, void> {
  const request = {
    prompt: { kind: 'tokens' as const, tokens: plan.prompt },
    sampling: plan.sampling,
    rules: plan.rules,
    stop: plan.stop,
    maxTokens: plan.maxTokens ?? model.contextTokens,
    ...(plan.topLogprobs === null ? {} : { topLogprobs: plan.topLogprobs }),
  };
  for await (const event of model.generate(request, signal)) {
    if (event.kind === 'prefill') continue;
    if (event.kind === 'token') metrics.generatedTokens.add(1);
    if (event.kind === 'end') {
      metrics.answered(event.timing);
      if (event.reason === 'aborted') throw signal.reason;
    }
    yield { choice, event } as ChoiceEvent;
  }
}

/** `usage` of a response, over all its choices. */
export class Usage {
  #cached = 0;
  #completion = 0;

  /** @param promptTokens of each different prompt, once */
  constructor(private readonly promptTokens: number) {}

  add(timing: GenerationTiming, firstOfPrompt: boolean): void {
    if (firstOfPrompt) this.#cached += timing.cachedTokens;
    this.#completion += timing.tokens;
  }

  toJSON(): object {
    return {
      prompt_tokens: this.promptTokens,
      completion_tokens: this.#completion,
      total_tokens: this.promptTokens + this.#completion,
      prompt_tokens_details: { cached_tokens: this.#cached, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0,
      },
    };
  }
}
