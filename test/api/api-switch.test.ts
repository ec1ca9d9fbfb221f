import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ApiSettings, ApiState } from '../../engine/api/api-state.js';
import { ApiSwitch } from '../../engine/api/api-switch.js';
import { post, startGolden, type RunningServer } from './golden-server.js';
import { emptyHome } from './serve-process.js';

let golden: RunningServer;
let other: RunningServer;
let api: ApiSwitch;
let keyFile: string;
let states: ApiState[];

beforeAll(async () => {
  golden = await startGolden();
  other = await startGolden();
});
afterAll(async () => {
  await golden.close();
  await other.close();
});
beforeEach(() => {
  keyFile = join(emptyHome(), 'api-keys.json');
  states = [];
  api = new ApiSwitch({ mostWaiting: 8, mostBodyBytes: 2 ** 20, keyFile, onState: (state) => states.push(state) });
});
afterEach(() => api.close());

const settings = (change: Partial<ApiSettings> = {}): ApiSettings =>
  ({ on: true, host: '127.0.0.1', port: 0, corsOrigins: [], allowedHosts: [], ...change });

function urlOf(state: ApiState): string {
  expect(state).toMatchObject({ kind: 'on' });
  return state.kind === 'on' ? state.url : '';
}

async function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await fetch(`${url}/models`, { headers })).status;
}

it('answers while it is on, waits for a model, and is gone when it is off', async () => {
  expect(api.state).toEqual({ kind: 'off' });
  expect(await api.apply(settings())).toEqual({ kind: 'waiting' });
  const url = urlOf(await api.serve({ model: golden.model, modelId: 'first' }));
  const ask = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 2 };
  expect((await post(`${url}/chat/completions`, { ...ask, model: 'first' })).status).toBe(200);
  const changed = urlOf(await api.serve({ model: other.model, modelId: 'second' }));
  expect((await post(`${changed}/chat/completions`, { ...ask, model: 'second' })).status).toBe(200);
  expect(await api.serve(null)).toEqual({ kind: 'waiting' });
  await expect(status(changed)).rejects.toThrow();
  await api.serve({ model: golden.model, modelId: 'first' });
  const last = urlOf(api.state);
  expect(await api.apply(settings({ on: false }))).toEqual({ kind: 'off' });
  await expect(status(last)).rejects.toThrow();
  expect(states.map((state) => state.kind)).toEqual(['waiting', 'on', 'on', 'waiting', 'on', 'off']);
});

it('says that a port is taken, and listens once another is chosen', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  await api.serve({ model: golden.model, modelId: 'm' });
  try {
    expect(await api.apply(settings({ port }))).toEqual({
      kind: 'failed', code: 'PORT_IN_USE', values: { port }, sentence: expect.stringContaining(String(port)),
    });
    expect(await status(urlOf(await api.apply(settings())))).toBe(200);
  } finally {
    await new Promise((resolve) => taken.close(resolve));
  }
  // The same settings again, now that the port is free.
  expect(await status(urlOf(await api.apply(settings({ port }))))).toBe(200);
});

it('makes keys that are shown once, count at once, and stop counting when they are removed', async () => {
  await api.serve({ model: golden.model, modelId: 'm' });
  const url = urlOf(await api.apply(settings()));
  expect(await status(url)).toBe(200);
  const key = await api.newKey('phone');
  expect(await status(url)).toBe(401);
  expect(await status(url, { Authorization: `Bearer ${key}` })).toBe(200);
  const stored = readFileSync(keyFile, 'utf8');
  expect(stored).not.toContain(key);
  expect(stored).not.toContain(key.slice(7));
  if (process.platform !== 'win32') expect(statSync(keyFile).mode & 0o077).toBe(0);
  expect(await api.keys()).toEqual([{ name: 'phone', created: expect.any(String) }]);
  await expect(api.newKey('phone')).rejects.toMatchObject({ code: 'API_KEY_NAME_TAKEN' });
  await expect(api.removeKey('tablet')).rejects.toMatchObject({ code: 'API_KEY_UNKNOWN' });
  await api.newKey('tablet');
  await api.removeKey('phone');
  expect(await status(url, { Authorization: `Bearer ${key}` })).toBe(401);
});

it('never opens to other machines without a key, nor stays open when the last key goes', async () => {
  await api.serve({ model: golden.model, modelId: 'm' });
  expect(await api.apply(settings({ host: '0.0.0.0' }))).toMatchObject({ kind: 'failed', code: 'API_KEY_NEEDED' });
  await api.newKey('phone');
  const url = urlOf(api.state).replace('0.0.0.0', '127.0.0.1');
  expect(await status(url)).toBe(401);
  expect(await api.removeKey('phone')).toMatchObject({ kind: 'failed', code: 'API_KEY_NEEDED' });
  await expect(status(url)).rejects.toThrow();
});

it('lets pages and names in, and out again, without interrupting an answer', async () => {
  await api.serve({ model: golden.model, modelId: 'm' });
  const url = urlOf(await api.apply(settings()));
  const page = { Origin: 'http://page.example' };
  expect(await status(url, page)).toBe(403);
  await api.apply(settings({ corsOrigins: ['http://page.example'] }));
  expect(await status(url, page)).toBe(200);
  expect(await api.apply(settings({ corsOrigins: ['everywhere'] }))).toMatchObject({ kind: 'failed', code: 'CORS_ORIGIN_WRONG' });
  await expect(status(url)).rejects.toThrow();
  const again = urlOf(await api.apply(settings({ corsOrigins: ['http://page.example'] })));
  const whole = await fetch(`${again}/chat/completions`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Go on.' }], stream: true, max_tokens: 100, temperature: 0 }),
  });
  await api.apply(settings());
  expect(await status(again, page)).toBe(403);
  expect(await whole.text()).toMatch(/data: \[DONE\]\n\n$/);
});

it('makes many changes one after the other, and ends as the last one says', async () => {
  await api.serve({ model: golden.model, modelId: 'm' });
  const changes = Array.from({ length: 12 }, (_, index) => api.apply(settings({ on: index % 3 !== 1, allowedHosts: [`host-${index}`] })));
  const last = (await Promise.all(changes)).at(-1)!;
  expect(api.state).toEqual(last);
  expect(await status(urlOf(last))).toBe(200);
});

it('tells of keys it cannot read instead of letting everybody in', async () => {
  await api.serve({ model: golden.model, modelId: 'm' });
  const url = urlOf(await api.apply(settings()));
  writeFileSync(keyFile, '{"keys": [');
  expect(await api.apply(settings({ allowedHosts: ['x'] }))).toMatchObject({ kind: 'failed', code: 'API_KEYS_DAMAGED' });
  await expect(status(url)).rejects.toThrow();
});
