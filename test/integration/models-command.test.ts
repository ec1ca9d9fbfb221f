import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { contentOf, FakeHub, stallAfter, answerStatus, ignoreRange } from '../fake-hub/fake-hub.js';
import { hearthCommand } from './hearth-command.js';

const weights = 'model.safetensors';
const size = 2_000_000;
const arrivedBeforeStop = 700_000;
let hub: FakeHub;
let home: string;
const running: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hearth-models-'));
  hub = await new FakeHub().start();
  hub.files.set('config.json', Buffer.from('{"torch_dtype":"bfloat16"}')).set(weights, contentOf(size));
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

function start(...args: string[]): Run {
  const env = { ...process.env, HEARTH_HOME: home, HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_secret' };
  const child = spawn(process.execPath, [hearthCommand, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return { child, ended };
}

const hearth = (...args: string[]): Run['ended'] => start(...args).ended;
const folder = (): string => join(home, 'models', 'owner--tiny-model');

/** Waits until the weights have begun to arrive; the server keeps silent after that. */
async function hasBegun(): Promise<void> {
  await vi.waitFor(
    async () => {
      const partial = (await readdir(folder())).find((name) => /^model.*\.partial$/.test(name)) ?? 'none yet';
      expect((await stat(join(folder(), partial))).size).toBeGreaterThan(100_000);
    },
    { timeout: 30_000 },
  );
}

async function expectWhole(): Promise<void> {
  expect((await readFile(join(folder(), weights))).equals(contentOf(size))).toBe(true);
  expect((await readdir(folder())).sort()).toEqual(['config.json', 'hearth-model.json', weights]);
}

test('pull, ls, verify and rm are one life of a model', async () => {
  const empty = await hearth('models', 'ls');
  expect(empty).toMatchObject({ code: 0, stdout: expect.stringContaining('No models are here yet') as string });
  const pulled = await hearth('models', 'pull', hub.repo);
  expect(pulled).toMatchObject({ code: 0 });
  expect(pulled.stdout.trimEnd().split('\n').at(-1)).toBe(folder());
  expect(pulled.stderr).toMatch(/Downloading owner\/tiny-model 100%/);
  expect(pulled.stdout + pulled.stderr).not.toContain('hf_secret');
  const listed = await hearth('models', 'ls', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject({
    models: [
      { name: hub.repo, format: 'safetensors', dtype: 'bfloat16', size: size + 26, complete: true, path: folder() },
    ],
  });
  expect((await hearth('models', 'ls')).stdout).toMatch(/owner\/tiny-model +safetensors +bfloat16 +2\.0 MB +complete/);
  expect(await hearth('models', 'verify', 'tiny-model')).toMatchObject({ code: 0 });
  await writeFile(join(folder(), weights), contentOf(size, 5));
  const damaged = await hearth('models', 'verify', 'tiny-model');
  expect(damaged.code).toBe(3);
  expect(damaged.stderr).toMatch(/model\.safetensors is missing or damaged.*hearth models pull owner\/tiny-model/);
  expect(await hearth('models', 'pull', hub.repo)).toMatchObject({ code: 0 });
  await expectWhole();
  expect(await hearth('models', 'rm', 'tiny-model')).toMatchObject({ code: 0 });
  expect(await readdir(join(home, 'models'))).toEqual([]);
});

test('a pull killed in the middle is resumed by the next one where it stopped', async () => {
  hub.faults.push(ignoreRange, stallAfter(arrivedBeforeStop));
  const first = start('models', 'pull', hub.repo);
  await hasBegun();
  first.child.kill('SIGKILL');
  expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
  expect((await hearth('models', 'ls')).stdout).toMatch(/partial \d+%/);
  const unusable = await hearth('models', 'verify', 'tiny-model');
  expect(unusable.code).toBe(3);
  hub.seen.length = 0;
  expect(await hearth('models', 'pull', hub.repo)).toMatchObject({ code: 0 });
  await expectWhole();
  const [resumed] = hub.fetches(weights);
  expect(Number(/^bytes=(\d+)-$/.exec(resumed?.range ?? '')?.[1])).toBeGreaterThan(100_000);
  expect(hub.fetches('config.json')).toHaveLength(0);
});

test('Ctrl-C ends a pull with 130 and one line that says that the next one goes on', async () => {
  hub.faults.push(ignoreRange, stallAfter(arrivedBeforeStop));
  const run = start('models', 'pull', hub.repo);
  await hasBegun();
  run.child.kill('SIGINT');
  const { code, stderr } = await run.ended;
  expect(code).toBe(130);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /^hearth: Stopped\. .*`hearth models pull owner\/tiny-model` goes on/,
  );
  expect(await hearth('models', 'pull', hub.repo)).toMatchObject({ code: 0 });
  await expectWhole();
});

test('a second pull of the same model is refused while the first one runs', async () => {
  hub.faults.push(ignoreRange, stallAfter(arrivedBeforeStop));
  const first = start('models', 'pull', hub.repo);
  await hasBegun();
  const second = await hearth('models', 'pull', hub.repo);
  expect(second.code).toBe(2);
  expect(second.stderr).toBe(
    `hearth: owner/tiny-model is already being downloaded by process ${first.child.pid}. ` +
      'Wait for it, or stop it and pull again.\n',
  );
});

test.each([
  ['a name that is no model', ['pull', 'nonsense'], 2],
  ['a model that the server does not have', ['pull', 'owner/other'], 3],
  ['no name', ['pull'], 2],
  ['a subcommand that is none', ['push', 'x'], 2],
  ['a flag that is none', ['ls', '--jsn'], 2],
  ['removing what is not there', ['rm', 'x'], 2],
])('%s is refused in one line with its exit code', async (_what, args, code) => {
  const refused = await hearth('models', ...args);
  expect(refused.code).toBe(code);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toMatch(/^hearth: [^\n]+\n$/);
});

test('a denied model is one line and leaves nothing', async () => {
  hub.faults.push(answerStatus(403));
  const denied = await hearth('models', 'pull', hub.repo);
  expect(denied.code).toBe(3);
  expect(denied.stderr.trimEnd().split('\n').at(-1)).toMatch(/^hearth: .*denies access.*Accept its terms/);
  expect(await readdir(join(home, 'models'))).toEqual([]);
});
