import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, metric, post, startGolden, startServer, type RunningServer } from './golden-server.js';
import { HeldModel } from './held-model.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden();
});
afterAll(() => golden.close());

const messages = [{ role: 'user', content: 'Go on.' }];

describe('the queue', () => {
  it('refuses whoever finds it full, and says when to come again', async () => {
    const model = new HeldModel(golden.model);
    const server = await startServer({ model, mostWaiting: 1 });
    const ask = (): ReturnType<typeof post> => post(`${server.url}/chat/completions`, { model: server.modelId, messages, max_tokens: 2 });
    try {
      const first = ask();
      await eventually(() => expect(model.tokens).toBe(1));
      const second = ask();
      await eventually(async () => expect(await metric(server.url, 'hearth_queue_length')).toBe(1));
      for (const stream of [false, true]) {
        const third = await post(`${server.url}/chat/completions`, { model: server.modelId, messages, stream });
        expect(third).toMatchObject({ status: 429, json: { error: { type: 'rate_limit_error', code: 'queue_full' } } });
        expect(Number(third.headers.get('Retry-After'))).toBeGreaterThan(0);
      }
      model.letGo();
      expect([(await first).status, (await second).status]).toEqual([200, 200]);
    } finally {
      model.letGo();
      await server.close();
    }
  });

  it('stops within one token when its client goes away, and goes on with the next', async () => {
    const model = new HeldModel(golden.model);
    const server = await startServer({ model });
    try {
      const gone = new AbortController();
      const left = new AbortController();
      const start = (signal: AbortSignal): Promise<unknown> =>
        fetch(`${server.url}/chat/completions`, {
          method: 'POST', signal, headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ model: server.modelId, messages, stream: true, max_tokens: 3000 }),
        }).then((response) => response.text());
      const first = start(gone.signal);
      const second = eventually(async () => expect(await metric(server.url, 'hearth_requests_generating')).toBe(1)).then(() => start(left.signal));
      second.catch(() => undefined);
      await eventually(async () => expect(await metric(server.url, 'hearth_queue_length')).toBe(1));
      // The one that waits leaves first, then the one that is answered.
      left.abort();
      await expect(second).rejects.toThrow();
      await eventually(async () => expect(await metric(server.url, 'hearth_queue_length')).toBe(0));
      gone.abort();
      await expect(first).rejects.toThrow();
      await eventually(async () => expect(await metric(server.url, 'hearth_requests_cancelled_total')).toBe(2));
      model.letGo();
      await eventually(async () => expect(await metric(server.url, 'hearth_requests_generating')).toBe(0));
      expect(model.late).toBeLessThanOrEqual(1);
      expect(model.tokens).toBeLessThanOrEqual(2);
      const next = await post(`${server.url}/chat/completions`, { model: server.modelId, messages, max_tokens: 3 });
      expect(next.json.usage.completion_tokens).toBe(3);
    } finally {
      model.letGo();
      await server.close();
    }
  });

  it('tells waiting and streaming clients when the server shuts down', async () => {
    const model = new HeldModel(golden.model);
    const server = await startServer({ model });
    const ask = (stream: boolean): Promise<string> =>
      fetch(`${server.url}/chat/completions`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ model: server.modelId, messages, stream }),
      }).then((response) => response.text());
    const streamed = ask(true);
    await eventually(() => expect(model.tokens).toBe(1));
    const waiting = ask(false);
    await eventually(async () => expect(await metric(server.url, 'hearth_queue_length')).toBe(1));
    const closed = server.close();
    model.letGo();
    await closed;
    expect(await streamed).toMatch(/data: \{"error":.*shutting_down.*\n\n$/);
    expect(JSON.parse(await waiting)).toMatchObject({ error: { code: 'shutting_down' } });
  });
});

describe('the prefix cache', () => {
  it('is told in the usage: a chat that goes on re-uses its beginning, and another one what both have in common', async () => {
    const ask = async (content: string): Promise<{ prompt_tokens: number; cached: number }> => {
      const { json } = await post(`${golden.url}/completions`, { model: golden.modelId, prompt: content, max_tokens: 4, temperature: 0 });
      return { prompt_tokens: json.usage.prompt_tokens, cached: json.usage.prompt_tokens_details.cached_tokens };
    };
    const story = 'Once upon a time there was a laptop.';
    golden.model.forgetContext();
    const first = await ask(story);
    expect(first.cached).toBe(0);
    const longer = await ask(`${story} It was small!`);
    expect(longer.cached).toBeGreaterThanOrEqual(first.prompt_tokens - 2);
    expect(longer.prompt_tokens).toBeGreaterThan(longer.cached);
    const other = await ask('Once upon a hill');
    expect(other.cached).toBeGreaterThan(4);
    expect(other.cached).toBeLessThan(other.prompt_tokens);
  });
});
