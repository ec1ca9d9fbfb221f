import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hearthCommand } from './hearth-command.js';

let folder: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-pair-'));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  ended: Promise<number | null>;
}

/** `hearth` as the laptop `name` would run it: each has a folder of its own. */
function hearth(name: string, ...args: string[]): Run {
  const env = { ...process.env, HEARTH_HOME: join(folder, name) };
  const child = spawn(process.execPath, [hearthCommand, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  running.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return {
    child, stdout: () => stdout, stderr: () => stderr, ended: once(child, 'close').then(([code]) => code as number | null),
  };
}

async function shown(read: () => string, pattern: RegExp): Promise<string> {
  await expect.poll(read, { timeout: 30_000 }).toMatch(pattern);
  return pattern.exec(read())?.[1] ?? '';
}

interface Listed {
  members: { name: string; device_id: string; self: boolean }[];
}

async function members(name: string): Promise<Listed['members']> {
  const run = hearth(name, 'members', '--json');
  expect(await run.ended).toBe(0);
  return (JSON.parse(run.stdout()) as Listed).members;
}

async function call(name: string, as: string): Promise<void> {
  const run = hearth(name, 'members');
  expect(await run.ended).toBe(0);
  await writeFile(join(folder, name, 'device.json'), JSON.stringify({ name: as }));
}

test('two laptops become one home by a printed code, and one puts the other out again', async () => {
  await call('a', 'kitchen');
  await call('b', 'attic');
  const opened = hearth('a', 'pair', '--port', '0');
  const port = await shown(opened.stdout, /port (\d+)/);
  const code = await shown(opened.stdout, /: ([A-Z2-9]{4}-[A-Z2-9]{4})/);
  const wrong = hearth('b', 'pair', '127.0.0.1', '--port', port, '--code', code === 'AAAA-AAAA' ? 'BBBB-BBBB' : 'AAAA-AAAA');
  expect(await wrong.ended).toBe(4);
  expect(wrong.stderr()).toMatch(/^hearth: The code is not the one that the other laptop shows[^\n]*\n$/);
  const typed = hearth('b', 'pair', '127.0.0.1', '--port', port);
  await shown(typed.stderr, /(Code that kitchen shows)/);
  typed.child.stdin?.write(`${code.toLowerCase()}\n`);
  expect([await typed.ended, await opened.ended]).toEqual([0, 0]);
  expect(typed.stdout()).toMatch(/^Paired with kitchen/);
  expect(opened.stdout()).toMatch(/Paired with attic/);
  expect((await members('a')).map((member) => member.name)).toEqual(['kitchen', 'attic']);
  expect((await members('b')).map((member) => [member.name, member.self])).toEqual([['attic', true], ['kitchen', false]]);
  const out = hearth('a', 'unpair', 'attic');
  expect(await out.ended).toBe(0);
  expect((await members('a')).map((member) => member.name)).toEqual(['kitchen']);
});

test('two people compare digits on two screens', async () => {
  const opened = hearth('a', 'pair', '--open', '--port', '0');
  const port = await shown(opened.stdout, /port (\d+)/);
  const dialled = hearth('b', 'pair', '127.0.0.1', '--port', port);
  const digits = /(\d{3} \d{3})\n/;
  expect(await shown(dialled.stderr, digits)).toBe(await shown(opened.stderr, digits));
  dialled.child.stdin?.write('y\n');
  opened.child.stdin?.write('yes\n');
  expect([await dialled.ended, await opened.ended]).toEqual([0, 0]);
  expect(await members('a')).toHaveLength(2);
});

test('a no at one screen is a no at both, and the digits count as a try', async () => {
  const opened = hearth('a', 'pair', '--open', '--port', '0');
  const port = await shown(opened.stdout, /port (\d+)/);
  const dialled = hearth('b', 'pair', '127.0.0.1', '--port', port);
  await shown(opened.stderr, /(\d{3} \d{3})\n/);
  opened.child.stdin?.write('n\n');
  expect(await dialled.ended).toBe(4);
  expect(dialled.stderr()).toMatch(/were not confirmed/);
  opened.child.kill('SIGINT');
  expect(await opened.ended).toBe(130);
});

test('flags that do not go together are refused in one line', async () => {
  for (const args of [['pair', '--code', 'K7QM-3TXR'], ['pair', 'kitchen', '--open'], ['pair', 'kitchen', '--code', '042713']]) {
    const run = hearth('a', ...args);
    expect(await run.ended).toBe(2);
    expect(run.stderr()).toMatch(/^hearth: [^\n]+\n$/);
  }
});
