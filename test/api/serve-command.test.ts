import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { expect, it, vi } from 'vitest';
import { goldenFolder } from './golden-server.js';
import { emptyHome, hearthServe } from './serve-process.js';

it('serves a model until it is told to stop, and says and writes nothing of what it was asked', async () => {
  const home = emptyHome();
  const serving = hearthServe(home, '--model-path', goldenFolder(), '--port', '0');
  try {
    const client = new OpenAI({ baseURL: await serving.url, apiKey: 'none', maxRetries: 0 });
    const [model] = (await client.models.list()).data;
    const ask = { model: model!.id, messages: [{ role: 'user' as const, content: 'a very private question' }], max_completion_tokens: 5 };
    const { choices } = await client.chat.completions.create(ask);
    expect(choices[0]!.message.content).not.toBe('');
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) expect(chunk.object).toBe('chat.completion.chunk');
    await client.completions.create({ model: model!.id, prompt: 'private too', max_tokens: 5 });
    await expect(client.chat.completions.create({ model: 'private-name', messages: [] })).rejects.toMatchObject({ status: 400 });
    await expect(client.chat.completions.create({ ...ask, response_format: { type: 'private-format' } as never })).rejects.toMatchObject({ status: 400 });
  } finally {
    serving.child.kill('SIGTERM');
  }
  const { code, stdout, stderr } = await serving.ended;
  expect(code).toBe(0);
  const written = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = written.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
  expect([stdout, stderr, ...texts].join('\n')).not.toContain('private');
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

it('serves the guide where no other model is, and prints a command that asks it', async () => {
  const serving = hearthServe(emptyHome(), '--port', '0');
  try {
    const client = new OpenAI({ baseURL: await serving.url, apiKey: 'none', maxRetries: 0 });
    const [model] = (await client.models.list()).data;
    const { choices, usage } = await client.chat.completions.create({
      model: model!.id, messages: [{ role: 'user', content: 'What is Hearth?' }], temperature: 0,
    });
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: expect.stringMatching(/Hearth|laptop/) } });
    expect(usage!.prompt_tokens).toBeGreaterThan(1);
    if (process.platform === 'win32') return;
    const typed = await vi.waitUntil(() => /^curl .*$/m.exec(serving.output.stdout)?.[0], { timeout: 30_000 });
    const { stdout } = await promisify(execFile)('sh', ['-c', typed]);
    expect(JSON.parse(stdout)).toMatchObject({ model: model!.id, choices: [{ message: { role: 'assistant' } }] });
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

it('says that its port is in use before it loads a model', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = String((taken.address() as AddressInfo).port);
  const { code, stderr } = await hearthServe(emptyHome(), '--model-path', goldenFolder(), '--port', port).ended;
  taken.close();
  expect([code, stderr]).toEqual([2, `hearth: Port ${port} of 127.0.0.1 is in use: choose another with --port.\n`]);
});
