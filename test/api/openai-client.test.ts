import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGolden, toolTemplate, type RunningServer } from './golden-server.js';

let golden: RunningServer;
let client: OpenAI;
const messages = [{ role: 'user' as const, content: 'Say something.' }];

beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
  client = new OpenAI({ baseURL: golden.url, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => golden.close());

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather', description: 'Weather of a city', strict: true,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', enum: ['Paris', 'Rome'] }, days: { type: 'integer', minimum: 1, maximum: 7 } },
      required: ['city', 'days'], additionalProperties: false,
    },
  },
};

describe('the official client', () => {
  it('lists the model and finds it by its name', async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    expect(models).toEqual([golden.modelId]);
    expect(await client.models.retrieve(golden.modelId)).toMatchObject({ id: golden.modelId, object: 'model' });
    await expect(client.models.retrieve('owner/other')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('gets the same answer whole and streamed, with its usage', async () => {
    const ask = { model: golden.modelId, messages, temperature: 0, max_tokens: 24 };
    const whole = await client.chat.completions.create(ask);
    const stream = await client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
    let text = '';
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(text).not.toBe('');
    expect([finish, whole.choices[0]!.finish_reason]).toEqual(['length', 'length']);
    expect(usage).toMatchObject({ completion_tokens: 24, prompt_tokens: whole.usage!.prompt_tokens });
    expect(usage!.prompt_tokens_details!.cached_tokens).toBe(whole.usage!.prompt_tokens - 1);
  });

  it('gets the same answer for the same seed, and others for others', async () => {
    const answer = async (seed: number): Promise<string | null> =>
      (await client.chat.completions.create({ model: golden.modelId, messages, seed, max_tokens: 16 })).choices[0]!.message.content;
    expect(await answer(5)).toBe(await answer(5));
    expect(await answer(5)).not.toBe(await answer(6));
    expect(await answer(-5)).toBe(await answer(-5));
  });

  it('gets several choices, each its own', async () => {
    const { choices, usage } = await client.chat.completions.create({ model: golden.modelId, messages, n: 3, seed: 1, max_tokens: 12 });
    expect(choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map((choice) => choice.message.content)).size).toBe(3);
    expect(usage!.completion_tokens).toBe(36);
  });

  it('ends an answer before a stop string', async () => {
    const ask = { model: golden.modelId, messages, temperature: 0, max_tokens: 24 };
    const text = (await client.chat.completions.create(ask)).choices[0]!.message.content!;
    const stop = text.slice(8, 10);
    const stopped = await client.chat.completions.create({ ...ask, stop: [stop, 'never in there'] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: text.slice(0, text.indexOf(stop)) } });
  });

  it('gets the probabilities of tokens, best first, that add up', async () => {
    const { choices } = await client.chat.completions.create({
      model: golden.modelId, messages, temperature: 0, max_tokens: 5, logprobs: true, top_logprobs: 20,
    });
    const content = choices[0]!.logprobs!.content!;
    expect(content).toHaveLength(5);
    for (const { token, logprob, top_logprobs: top } of content) {
      expect(top).toHaveLength(20);
      expect(top[0]).toMatchObject({ token, logprob });
      expect(top.map((one) => one.logprob)).toEqual([...top].map((one) => one.logprob).sort((a, b) => b - a));
      expect(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeLessThanOrEqual(1.000001);
    }
  });

  it('follows biases of tokens', async () => {
    const best = golden.model.text.tokenizer.encode('e', { addSpecialTokens: false })[0]!;
    const { choices } = await client.chat.completions.create({
      model: golden.modelId, messages, temperature: 0, max_tokens: 8, logit_bias: { [best]: 100 },
    });
    expect(choices[0]!.message.content).toBe('e'.repeat(8));
  });

  it('gets JSON that fits its schema', async () => {
    const answer = await client.chat.completions.create({
      model: golden.modelId, messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'rating', strict: true, schema: { type: 'object', properties: { stars: { type: 'integer', minimum: 1, maximum: 5 } }, required: ['stars'], additionalProperties: false } },
      },
    });
    expect(answer.choices[0]!.finish_reason).toBe('stop');
    const { stars } = JSON.parse(answer.choices[0]!.message.content!) as { stars: number };
    expect([1, 2, 3, 4, 5]).toContain(stars);
  });

  it('streams a call of the one tool it asks for', async () => {
    const stream = client.chat.completions.stream({
      model: golden.modelId, messages, tools: [weather], tool_choice: { type: 'function', function: { name: 'get_weather' } }, seed: 3,
    });
    const pieces: string[] = [];
    stream.on('tool_calls.function.arguments.delta', ({ arguments_delta: piece }) => pieces.push(piece));
    const { choices } = await stream.finalChatCompletion();
    const call = choices[0]!.message.tool_calls![0]!;
    expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
    expect(call.id).toMatch(/^call_/);
    if (call.type !== 'function') throw new Error('no function');
    const given = JSON.parse(call.function.arguments) as { city: string; days: number };
    expect(['Paris', 'Rome']).toContain(given.city);
    expect(given.days).toBeGreaterThanOrEqual(1);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(call.function.arguments);
  });

  it('goes on with a chat in which tools were called', async () => {
    const { choices } = await client.chat.completions.create({
      model: golden.modelId, tools: [weather], max_tokens: 8,
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome","days":1}' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      ],
    });
    expect(choices[0]!.finish_reason).toBe('length');
  });

  it('completes plain prompts: text, several, and token ids', async () => {
    const ask = { model: golden.modelId, temperature: 0, max_tokens: 6 };
    const one = await client.completions.create({ ...ask, prompt: 'Once', logprobs: 2 });
    expect(one.choices[0]!.logprobs!.tokens).toHaveLength(6);
    const ids = golden.model.text.tokenizer.encode('Once', { addSpecialTokens: true });
    const same = await client.completions.create({ ...ask, prompt: [ids, [65, 66]] });
    expect(same.choices.map((choice) => choice.text)[0]).toBe(one.choices[0]!.text);
    const echoed = await client.completions.create({ ...ask, prompt: ['Once', 'Twice'], echo: true });
    expect(echoed.choices[0]!.text).toBe(`Once${one.choices[0]!.text}`);
    let streamed = '';
    for await (const chunk of await client.completions.create({ ...ask, prompt: 'Once', stream: true })) streamed += chunk.choices[0]?.text ?? '';
    expect(streamed).toBe(one.choices[0]!.text);
  });
});
