import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, streamText, tool, generateText } from 'ai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { startGolden, toolTemplate, type RunningServer } from './golden-server.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
});
afterAll(() => golden.close());

it('serves the Vercel AI SDK: streamed text, an object of a schema, and a tool', async () => {
  const provider = createOpenAICompatible({
    name: 'hearth', baseURL: golden.url, includeUsage: true, supportsStructuredOutputs: true,
  });
  const model = provider(golden.modelId);
  const streamed = streamText({ model, prompt: 'Hello', maxOutputTokens: 10, temperature: 0 });
  let text = '';
  for await (const piece of streamed.textStream) text += piece;
  expect(text).not.toBe('');
  expect((await streamed.usage).outputTokens).toBe(10);

  const { object } = await generateObject({ model, prompt: 'Rate it', schema: z.object({ good: z.boolean(), stars: z.int().min(1).max(5) }) });
  expect(typeof object.good).toBe('boolean');

  const called = await generateText({
    model, prompt: 'Weather?', toolChoice: 'required',
    tools: { weather: tool({ description: 'Weather', inputSchema: z.object({ city: z.enum(['Paris', 'Rome']) }) }) },
  });
  expect(called.toolCalls[0]).toMatchObject({ toolName: 'weather' });
  expect(called.finishReason).toBe('tool-calls');
});

it('serves LangChain: an answer, a stream, and structured output', async () => {
  const model = new ChatOpenAI({
    model: golden.modelId, apiKey: 'none', configuration: { baseURL: golden.url }, temperature: 0, maxTokens: 60, maxRetries: 0,
  });
  const answer = await model.invoke('Hello');
  expect((answer.usage_metadata as { output_tokens: number }).output_tokens).toBeGreaterThan(0);
  let text = '';
  for await (const chunk of await model.stream('Hello')) text += chunk.text;
  expect(text).toBe(answer.text);
  const rated = await model
    .withStructuredOutput(z.object({ stars: z.int().min(1).max(5) }), { name: 'rating', method: 'jsonSchema', strict: true })
    .invoke('Rate it');
  expect([1, 2, 3, 4, 5]).toContain(rated.stars);
});

it('serves curl: a whole answer, and a stream that ends as the API says', async () => {
  const curl = async (...args: string[]): Promise<string> => (await promisify(execFile)('curl', ['-sS', '--no-buffer', ...args])).stdout;
  const ask = (more: object): string[] => [
    `${golden.url}/chat/completions`, '-H', 'Content-Type: application/json',
    '-d', JSON.stringify({ model: golden.modelId, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5, temperature: 0, ...more }),
  ];
  const whole = JSON.parse(await curl(...ask({})));
  const events = (await curl(...ask({ stream: true }))).split('\n\n').filter((event) => event.startsWith('data: '));
  expect(events.at(-1)).toBe('data: [DONE]');
  const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)));
  expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe(whole.choices[0].message.content);
  expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `${golden.url}/nothing`)).toBe('404');
});
