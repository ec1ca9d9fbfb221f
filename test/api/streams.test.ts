import { Ajv } from 'ajv';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServedModel } from '../../engine/api/served-model.js';
import { eventually, metric, post, startGolden, startServer, toolTemplate, type RunningServer } from './golden-server.js';
import { HeldModel } from './held-model.js';

let golden: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
  client = new OpenAI({ baseURL: golden.url, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => golden.close());

const messages = [{ role: 'user' as const, content: 'Say something.' }];

/** What a request's stream holds, event by event. */
async function eventsOf(path: string, body: object): Promise<{ choices: { text?: string; delta?: { content?: string }; finish_reason: string | null; logprobs: object | null }[]; usage?: object | null }[]> {
  const response = await fetch(`${golden.url}/${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ model: golden.modelId, temperature: 0, stream: true, ...body }),
  });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('data: ')).map((event) => event.slice(6));
  expect(events.pop()).toBe('[DONE]');
  return events.map((event) => JSON.parse(event));
}

describe('an answer', () => {
  it.each([['chat/completions', { messages }], ['completions', { prompt: 'Once' }]])('tells the usage at its end where that is asked for, and else never: %s', async (path, ask) => {
    const told = await eventsOf(path, { ...ask, max_tokens: 6, stream_options: { include_usage: true } });
    expect(told.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6, total_tokens: expect.any(Number) } });
    expect(told.slice(0, -1).every((event) => event.usage === null)).toBe(true);
    const silent = await eventsOf(path, { ...ask, max_tokens: 6 });
    expect(silent.some((event) => 'usage' in event)).toBe(false);
    expect(silent.at(-1)!.choices[0]!.finish_reason).toBe('length');
  });

  it('tells the same probabilities as a whole answer', async () => {
    const ask = { model: golden.modelId, messages, temperature: 0, max_tokens: 8, logprobs: true, top_logprobs: 3 };
    // A prompt read again differs in the last digits from one that is re-used.
    golden.model.forgetContext();
    const whole = (await client.chat.completions.create(ask)).choices[0]!.logprobs!.content!;
    golden.model.forgetContext();
    const streamed: OpenAI.ChatCompletionTokenLogprob[] = [];
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) streamed.push(...(chunk.choices[0]?.logprobs?.content ?? []));
    expect(streamed).toEqual(whole);
  });

  it('never shows a stop string, nor a beginning of one that turned out to be it', async () => {
    const ask = { messages, max_tokens: 24 };
    const text = (await eventsOf('chat/completions', ask)).map((event) => event.choices[0]?.delta?.content ?? '').join('');
    // Long enough to lie across several tokens.
    const stop = text.slice(6, 14);
    const stopped = await eventsOf('chat/completions', { ...ask, stop });
    const pieces = stopped.map((event) => event.choices[0]?.delta?.content ?? '');
    expect(pieces.join('')).toBe(text.slice(0, text.indexOf(stop)));
    expect(stopped.at(-1)!.choices[0]!.finish_reason).toBe('stop');
  });

  it('writes the same JSON as a whole answer does', async () => {
    const schema = { type: 'object', properties: { stars: { type: 'integer', minimum: 1, maximum: 5 }, words: { type: 'array', items: { type: 'string', maxLength: 4 }, maxItems: 2 } }, required: ['stars', 'words'], additionalProperties: false };
    const ask = { model: golden.modelId, messages, seed: 9, response_format: { type: 'json_schema' as const, json_schema: { name: 'answer', strict: true, schema } } };
    const whole = (await client.chat.completions.create(ask)).choices[0]!.message.content!;
    const stream = client.chat.completions.stream(ask);
    expect((await stream.finalChatCompletion()).choices[0]!.message.content).toBe(whole);
    expect(new Ajv().validate(schema, JSON.parse(whole))).toBe(true);
  });

  it.each(['chat, streamed', 'chat, whole', 'completion, streamed', 'completion, whole'])('is ended within one token by the official client’s abort: %s', async (kind) => {
    const model = new HeldModel(golden.model);
    const server = await startServer({ model });
    const { chat, completions } = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
    const abort = new AbortController();
    const stream = kind.endsWith('streamed');
    const asked = kind.startsWith('chat')
      ? chat.completions.create({ model: server.modelId, messages, stream }, { signal: abort.signal })
      : completions.create({ model: server.modelId, prompt: 'Once', max_tokens: 3000, stream }, { signal: abort.signal });
    const heard = asked.then(() => 'answered', () => 'aborted');
    try {
      await eventually(() => expect(model.tokens).toBe(1));
      if (stream) expect(await heard).toBe('answered');
      abort.abort();
      await eventually(async () => expect(await metric(server.url, 'hearth_requests_cancelled_total')).toBe(1));
      model.step();
      await eventually(async () => expect(await metric(server.url, 'hearth_requests_generating')).toBe(0));
      expect(model.tokens).toBeLessThanOrEqual(2);
      if (!stream) expect(await heard).toBe('aborted');
    } finally {
      model.letGo();
      await server.close();
    }
  });
});

describe('a fault of the server itself', () => {
  it.each([false, true])('is told without inner details, and logged without what was asked (streamed: %s)', async (stream) => {
    const failing: ServedModel = {
      text: golden.model.text, contextTokens: golden.model.contextTokens,
      // eslint-disable-next-line require-yield -- it never gets that far
      async *generate(request) {
        await Promise.resolve();
        const asked = golden.model.text.tokenizer.decode((request.prompt as { tokens: readonly number[] }).tokens);
        throw new Error(`cannot read ${asked}\n    at prompt (${asked}:1:1)`);
      },
    };
    const server = await startServer({ model: failing });
    try {
      const response = await fetch(`${server.url}/chat/completions`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ model: server.modelId, messages: [{ role: 'user', content: 'a secret' }], stream }),
      });
      expect(response.status).toBe(stream ? 200 : 500);
      const error = { message: 'The server failed while it was answering.', type: 'server_error', param: null, code: null };
      expect(JSON.parse((await response.text()).replace(/^data: /, ''))).toEqual({ error });
      expect(server.faults).toEqual([expect.stringMatching(/^The local API failed: Error at streams\.test\.ts:\d+\.$/)]);
    } finally {
      await server.close();
    }
  });
});

describe('limits of an answer', () => {
  it.each(['max_tokens', 'max_completion_tokens'])('are kept: %s', async (name) => {
    const { json } = await post(`${golden.url}/chat/completions`, { model: golden.modelId, messages, [name]: 5 });
    expect([json.usage.completion_tokens, json.choices[0].finish_reason]).toEqual([5, 'length']);
  });

  it('are the room that the context has where none is given', async () => {
    const long = { role: 'user', content: 'x'.repeat(4000) };
    const { json } = await post(`${golden.url}/chat/completions`, { model: golden.modelId, messages: [long], temperature: 0, logit_bias: { 65: 100 } });
    expect(json.choices[0].finish_reason).toBe('length');
    expect(json.usage.total_tokens).toBe(golden.model.contextTokens);
  });
});

describe('/metrics', () => {
  it('is the text format of Prometheus, counts what was answered, and says nothing of what it was', async () => {
    const read = async (): Promise<string> => (await fetch(golden.url.replace('/v1', '/metrics'))).text();
    const [tokens, prompts] = [await metric(golden.url, 'hearth_generated_tokens_total'), await metric(golden.url, 'hearth_prompt_tokens_total')];
    const { json } = await post(`${golden.url}/chat/completions`, { model: golden.modelId, messages: [{ role: 'user', content: 'a secret' }], max_tokens: 7 });
    await post(`${golden.url}/chat/completions`, { model: 'another', messages });
    expect(await metric(golden.url, 'hearth_generated_tokens_total')).toBe(tokens + 7);
    expect(await metric(golden.url, 'hearth_prompt_tokens_total')).toBe(prompts + (json.usage.prompt_tokens as number));
    expect(await metric(golden.url, 'hearth_model_ready')).toBe(1);
    const text = await read();
    expect(text).not.toContain('secret');
    expect(text).toMatch(/^hearth_requests_total\{route="\/v1\/chat\/completions",status="200"\} \d+$/m);
    expect(text).toMatch(/^hearth_requests_total\{route="\/v1\/chat\/completions",status="404"\} 1$/m);
    const described = new Set<string>();
    for (const line of text.trimEnd().split('\n')) {
      const head = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
      if (head?.[1] === 'TYPE') {
        expect(['counter', 'gauge', 'histogram']).toContain(head[3]);
        described.add(head[2]!);
      }
      if (head !== null) continue;
      const sample = /^([a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (-?[\d.e+-]+|\+Inf|NaN)$/.exec(line);
      expect(sample, line).not.toBeNull();
      expect(described, line).toContain(sample![1]!.replace(/_(bucket|sum|count)$/, ''));
    }
    for (const name of ['hearth_queue_seconds', 'hearth_time_to_first_token_seconds', 'hearth_decode_seconds_per_token']) {
      const buckets = [...text.matchAll(new RegExp(`^${name}_bucket\\{le="[^"]+"\\} (\\d+)$`, 'gm'))].map((match) => Number(match[1]));
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
      expect(buckets.at(-1)).toBe(await metric(golden.url, `${name}_count`));
    }
  });
});
