import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { smollm2Golden, smollm2Missing, smollm2Path } from '../integration/smollm2-model.js';
import { startServer, type RunningServer } from './golden-server.js';

const path = await smollm2Path();

describe.skipIf(path === null)(path === null ? smollm2Missing : 'a real chat model', () => {
  let model: LoadedModel;
  let server: Omit<RunningServer, 'model'>;
  let client: OpenAI;
  beforeAll(async () => {
    model = await LoadedModel.load(await TextModel.open(path!), { dtype: 'f32', threads: null, contextTokens: 1024, kvDtype: 'f32' });
    server = await startServer({ model, modelId: 'smollm2' });
    client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await server.close();
    await model.close();
  });

  it('answers as `transformers` does, and re-uses the chat when it goes on', async () => {
    const golden = smollm2Golden().find((one) => one.kind === 'chat')!;
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: golden.text }];
    const ask = { model: 'smollm2', temperature: 0, max_completion_tokens: 24 };
    const first = await client.chat.completions.create({ ...ask, messages });
    expect(first.usage!.prompt_tokens).toBe(golden.prompt.length);
    expect(first.choices[0]!.message.content).toBe(model.text.tokenizer.decode(golden.greedy.slice(0, 24)));
    messages.push({ role: 'assistant', content: first.choices[0]!.message.content }, { role: 'user', content: 'And at night?' });
    const second = await client.chat.completions.create({ ...ask, messages });
    expect(second.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(first.usage!.prompt_tokens - 1);
  });

  it('writes JSON by a schema with a vocabulary of 49,152 tokens', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const { choices } = await client.chat.completions.create({
        model: 'smollm2', messages: [{ role: 'user', content: 'Describe Paris in JSON.' }], max_completion_tokens: 200, temperature: 0.7,
        response_format: { type: 'json_schema', json_schema: { name: 'city', schema: {
          type: 'object', required: ['name', 'country', 'rating'], additionalProperties: false,
          properties: { name: { type: 'string', maxLength: 30 }, country: { type: 'string', enum: ['France', 'Italy'] }, rating: { type: 'integer', minimum: 1, maximum: 5 } },
        } } },
      });
      expect(choices[0]!.finish_reason).toBe('stop');
      const city = JSON.parse(choices[0]!.message.content!) as { name: string; country: string; rating: number };
      expect(Object.keys(city)).toEqual(['name', 'country', 'rating']);
      expect(['France', 'Italy']).toContain(city.country);
    }
  });
});
