import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pullInProgress, takePullLock } from '../../../engine/catalogue/pull-lock.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-lock-'));
  path = join(folder, 'hearth-pull.lock');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('a lock that is held is refused to others, naming model and process, until it is released', async () => {
  const lock = await takePullLock(folder, 'owner/m');
  await expect(takePullLock(folder, 'owner/m')).rejects.toThrow(
    `owner/m is already being downloaded by process ${process.pid}`,
  );
  expect(await pullInProgress(folder)).toBe(true);
  await lock.release();
  expect(await pullInProgress(folder)).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test("a dead process's lock is taken over", async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(path, `${child.pid} gone\n`);
  const lock = await takePullLock(folder, 'm');
  expect(await readFile(path, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  await lock.release();
});

test('a living pid that has not touched its lock for long is somebody else by now', async () => {
  await writeFile(path, `${process.pid} before the restart\n`);
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(path, longAgo, longAgo);
  await (await takePullLock(folder, 'm')).release();
});

test('of many that want a dead lock at once exactly one gets it', async () => {
  await writeFile(path, '999999999 gone\n');
  const takes = await Promise.allSettled(Array.from({ length: 20 }, () => takePullLock(folder, 'm')));
  const taken = takes.filter((take) => take.status === 'fulfilled');
  expect(taken).toHaveLength(1);
  await taken[0]?.value.release();
  expect(await readdir(folder)).toEqual([]);
});

test('releasing does not delete a lock that another process holds by now', async () => {
  const lock = await takePullLock(folder, 'm');
  await writeFile(path, '1 other\n');
  await lock.release();
  expect(await readFile(path, 'utf8')).toBe('1 other\n');
});
