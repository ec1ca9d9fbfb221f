import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions';
import type { CompletionCreateParamsBase } from 'openai/resources/completions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { post, startGolden, toolTemplate, type RunningServer } from './golden-server.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
});
afterAll(() => golden.close());

const tools = [{ type: 'function', function: { name: 'f' } }];
const taken = (value: unknown, more: object = {}): [unknown, object] => [value, more];
const unsupported = (value: unknown): [unknown, 'unsupported'] => [value, 'unsupported'];

/** Every parameter that the official client knows, so one that comes new does not go unnoticed: with what it needs beside it. */
const chat: Record<keyof ChatCompletionCreateParamsBase, [unknown, object | 'unsupported']> = {
  messages: taken([{ role: 'user', content: 'Hi' }]), model: taken('golden'), audio: unsupported({ voice: 'ash', format: 'mp3' }),
  frequency_penalty: taken(0.5), function_call: unsupported('auto'), functions: unsupported([{ name: 'f' }]), logit_bias: taken({ 65: 1 }),
  logprobs: taken(true), max_completion_tokens: taken(3, { max_tokens: undefined }), max_tokens: taken(3), metadata: taken({ a: 'b' }),
  modalities: taken(['text']), moderation: unsupported({ model: 'm' }), n: taken(2), parallel_tool_calls: taken(true, { tools }),
  prediction: taken({ type: 'content', content: 'x' }), presence_penalty: taken(0.5), prompt_cache_key: taken('k'),
  prompt_cache_options: taken({}), prompt_cache_retention: taken('24h'), reasoning_effort: taken('low'), response_format: taken({ type: 'text' }),
  safety_identifier: taken('me'), seed: taken(3), service_tier: taken('auto'), stop: taken(['x', 'y']), store: taken(false),
  stream: taken(false), stream_options: taken({ include_usage: true }, { stream: true }), temperature: taken(0.5),
  tool_choice: taken('auto', { tools }), tools: taken(tools), top_logprobs: taken(2, { logprobs: true }), top_p: taken(0.5), user: taken('me'),
  verbosity: taken('low'), web_search_options: unsupported({}),
};
const completion: Record<keyof CompletionCreateParamsBase, [unknown, object | 'unsupported']> = {
  model: taken('golden'), prompt: taken('Once'), best_of: taken(1), echo: taken(true), frequency_penalty: taken(0.5), logit_bias: taken({ 65: 1 }),
  logprobs: taken(2), max_tokens: taken(3), n: taken(2), presence_penalty: taken(0.5), seed: taken(3), stop: taken('x'), stream: taken(false),
  stream_options: taken({ include_usage: true }, { stream: true }), suffix: taken(''), temperature: taken(0.5), top_p: taken(0.5), user: taken('me'),
};

it.each([
  ...Object.entries(chat).map(([name, one]) => ['chat/completions', name, { messages: chat.messages[0], max_tokens: 2 }, ...one] as const),
  ...Object.entries(completion).map(([name, one]) => ['completions', name, { prompt: 'Once', max_tokens: 2 }, ...one] as const),
])('knows the parameter of %s that the official client has: %s', async (path, name, least, value, more) => {
  const body = { model: golden.modelId, ...least, ...(more === 'unsupported' ? {} : more), [name]: value };
  const response = await fetch(`${golden.url}/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const answer = await response.text();
  expect(response.status, answer).toBe(more === 'unsupported' ? 400 : 200);
  if (more === 'unsupported') expect(JSON.parse(answer)).toMatchObject({ error: { param: name, code: 'unsupported_parameter' } });
  // Null is the same as leaving it out, wherever it may be left out (without a limit this model would go on for long).
  if (['model', 'messages', 'prompt', 'max_tokens'].includes(name)) return;
  expect((await post(`${golden.url}/${path}`, { model: golden.modelId, ...least, [name]: null })).status).toBe(200);
});

it('calls a parameter unknown that the OpenAI API does not know, for the one route and for the other', async () => {
  for (const [path, body] of [['chat/completions', { messages: [{ role: 'user', content: 'Hi' }], top_k: 4 }], ['completions', { prompt: 'x', store: true }]] as const) {
    const { status, json } = await post(`${golden.url}/${path}`, { model: golden.modelId, ...body });
    const name = path === 'completions' ? 'store' : 'top_k';
    expect(status).toBe(400);
    expect(json).toEqual({ error: { message: `Unrecognized request argument supplied: ${name}`, type: 'invalid_request_error', param: null, code: null } });
  }
});
