import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { goldenFolder } from './golden-server.js';
import { emptyHome, hearthServe } from './serve-process.js';

it('serves a model until it is told to stop, and says nothing of what it was asked', async () => {
  const serving = hearthServe(emptyHome(), '--model-path', goldenFolder(), '--port', '0');
  try {
    const client = new OpenAI({ baseURL: await serving.url, apiKey: 'none', maxRetries: 0 });
    const [model] = (await client.models.list()).data;
    const { choices } = await client.chat.completions.create({
      model: model!.id, messages: [{ role: 'user', content: 'a very private question' }], max_completion_tokens: 5,
    });
    expect(choices[0]!.message.content).not.toBe('');
    await expect(client.chat.completions.create({ model: 'private-name', messages: [] })).rejects.toMatchObject({ status: 400 });
  } finally {
    serving.child.kill('SIGTERM');
  }
  const { code, stdout, stderr } = await serving.ended;
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain('private');
});

it('makes a key that is shown once and kept as a hash, asks for it, and forgets it', async () => {
  const home = emptyHome();
  const made = await hearthServe(home, '--new-api-key', 'laptop').ended;
  const key = made.stdout.trim();
  expect(key).toMatch(/^hearth-[\w-]{43}$/);
  const file = join(home, 'api-keys.json');
  expect(readFileSync(file, 'utf8')).not.toContain(key);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).toBe(0);
  expect((await hearthServe(home, '--new-api-key', 'laptop').ended)).toMatchObject({ code: 2, stdout: '' });

  const serving = hearthServe(home, '--model-path', goldenFolder(), '--port', '0', '--host', '0.0.0.0');
  try {
    const url = (await serving.url).replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}/models`)).status).toBe(401);
    expect((await fetch(`${url}/models`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
  } finally {
    serving.child.kill('SIGTERM');
  }
  await serving.ended;
  expect(await hearthServe(home, '--remove-api-key', 'laptop').ended).toMatchObject({ code: 0 });
  expect(await hearthServe(home, '--remove-api-key', 'laptop').ended).toMatchObject({ code: 2 });
});

it('serves the guide where no other model is', async () => {
  const serving = hearthServe(emptyHome(), '--port', '0');
  try {
    const client = new OpenAI({ baseURL: await serving.url, apiKey: 'none', maxRetries: 0 });
    const [model] = (await client.models.list()).data;
    const { choices, usage } = await client.chat.completions.create({
      model: model!.id, messages: [{ role: 'user', content: 'What is Hearth?' }], temperature: 0,
    });
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringMatching(/Hearth|laptop/) } });
    expect(usage!.prompt_tokens).toBeGreaterThan(1);
  } finally {
    serving.child.kill('SIGTERM');
  }
  expect((await serving.ended).code).toBe(0);
});

it.each([
  ['a model that is not there', ['--model-path', 'no-such-model'], 'no-such-model'],
  ['for other machines without a key', ['--host', '0.0.0.0'], '--new-api-key'],
  ['for every web page', ['--cors-origin', '*'], 'not an origin'],
])('refuses to serve %s, in one line', async (_, args, word) => {
  const { code, stderr } = await hearthServe(emptyHome(), '--port', '0', ...args).ended;
  expect(code).toBe(2);
  expect(stderr.trimEnd().split('\n').at(-1)).toContain(word);
});
