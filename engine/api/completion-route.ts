import { checkModelId, type ApiContext } from './api-context.js';
import { invalidRequest } from './api-error.js';
import { checkPromptLength } from './choices.js';
import { CompletionAnswer, type EncodedPrompt } from './completion-answer.js';
import { completionRequest, type CompletionRequest } from './completion-request.js';
import type { Exchange } from './exchange.js';
import { parseFields } from './request-fields.js';

const mostChoices = 128;

/** `POST /v1/completions` */
export async function completions(context: ApiContext, body: unknown, exchange: Exchange): Promise<void> {
  const request = parseFields(completionRequest, body);
  checkModelId(context, request.model);
  checkFields(request);
  const prompts = promptsOf(request).map((prompt) => encoded(context, prompt));
  for (const prompt of prompts) checkPromptLength(context, prompt.tokens, 'prompt');
  if (prompts.length * (request.n ?? 1) > mostChoices) {
    throw invalidRequest(`Prompts times 'n' is above ${mostChoices}.`, 'n');
  }
  const answer = new CompletionAnswer(context, request, prompts, exchange);
  await (request.stream === true ? answer.stream() : answer.whole());
}

function checkFields(request: CompletionRequest): void {
  if (request.suffix != null && request.suffix !== '') throw invalidRequest("'suffix' is not supported by this model.", 'suffix');
  if (request.best_of != null && request.best_of !== (request.n ?? 1)) {
    throw invalidRequest("'best_of' is only supported where it equals 'n'.", 'best_of');
  }
  if (request.echo === true && request.logprobs != null) {
    throw invalidRequest("'echo' together with 'logprobs' is not supported.", 'echo');
  }
  if (request.stream_options != null && request.stream !== true) {
    throw invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
}

function promptsOf({ prompt }: CompletionRequest): (string | number[])[] {
  if (typeof prompt === 'string') return [prompt];
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as (string | number[])[]);
}

function encoded({ model }: ApiContext, prompt: string | number[]): EncodedPrompt {
  const { tokenizer, opened } = model.text;
  if (typeof prompt === 'string') return { tokens: tokenizer.encode(prompt, { addSpecialTokens: true }), text: prompt };
  const unknown = prompt.find((token) => token >= opened.config.vocab);
  if (unknown !== undefined) {
    throw invalidRequest(`Invalid value for 'prompt': there is no token ${unknown} in this model.`, 'prompt', 'invalid_value');
  }
  return { tokens: prompt, text: tokenizer.decode(prompt) };
}
