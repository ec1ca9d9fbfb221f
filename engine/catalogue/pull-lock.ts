import { randomUUID } from 'node:crypto';
import { link, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WrongUseError } from '../errors.js';
import { lockFileName } from './model-record.js';

/** A holder touches its lock this often; one that has not for `abandonedMs` is taken for dead (its pid may be reused). */
const heartbeatMs = 10_000;
const abandonedMs = 120_000;
const unwrittenMs = 2000;

/** Held while one process writes a model's folder. */
export interface PullLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a model's folder, from a dead holder too.
 * @throws WrongUseError `PULL_IN_PROGRESS` while a living process holds it.
 */
export async function takePullLock(folder: string, model: string): Promise<PullLock> {
  const path = join(folder, lockFileName);
  const ours = `${process.pid} ${randomUUID()}\n`;
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await created(path, ours)) return holdLock(path, ours);
    const theirs = await readFile(path, 'utf8').catch(() => null);
    if (theirs === null) continue;
    if (await isHeld(path, theirs)) throw inProgress(model, theirs);
    await moveAside(path, theirs);
  }
  throw inProgress(model, '');
}

/** True while a living process pulls into the folder. */
export async function pullInProgress(folder: string): Promise<boolean> {
  const path = join(folder, lockFileName);
  const holder = await readFile(path, 'utf8').catch(() => null);
  return holder !== null && (await isHeld(path, holder));
}

async function created(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holdLock(path: string, ours: string): PullLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      if ((await readFile(path, 'utf8').catch(() => null)) === ours) await unlink(path);
    },
  };
}

async function isHeld(path: string, holder: string): Promise<boolean> {
  const pid = Number.parseInt(holder, 10);
  const info = await stat(path).catch(() => null);
  if (info === null) return false;
  const age = Date.now() - info.mtimeMs;
  // Created and not yet written by its holder, or left so by a crash in between.
  if (!Number.isSafeInteger(pid) || pid <= 0) return age < unwrittenMs;
  return age < abandonedMs && isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a dead holder's lock; one that a third process has put there meanwhile is put back. */
async function moveAside(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

function inProgress(model: string, holder: string): WrongUseError {
  const pid = Number.parseInt(holder, 10);
  const who = Number.isSafeInteger(pid) ? ` by process ${pid}` : '';
  const sentence = `${model} is already being downloaded${who}. Wait for it, or stop it and pull again.`;
  return new WrongUseError('PULL_IN_PROGRESS', sentence);
}
