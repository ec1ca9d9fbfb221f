import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WrongUseError } from '../errors.js';
import { isProcessAlive } from '../report/process-alive.js';
import { lockFileName } from './model-record.js';

/** A holder touches its lock this often; without that for `abandonedMs` it is dead, and its pid somebody else's. */
const heartbeatMs = 10_000;
const abandonedMs = 120_000;
/** Longest time between creating such a file and writing or removing it. */
const unwrittenMs = 2000;
const takeoverPauseMs = 20;
const mostAttempts = 200;

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
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (await created(path, ours)) return holdLock(path, ours);
    const theirs = await readFile(path, 'utf8').catch(() => null);
    if (theirs === null) continue;
    if (await isHeld(path, theirs)) throw inProgress(model, theirs);
    await removeDead(path);
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
  return age < abandonedMs && isProcessAlive(pid);
}

/**
 * Removes a dead holder's lock. Of several that want to, one at a time looks again and removes, behind a guard file, so
 * that a lock which another one has taken meanwhile is never removed.
 */
async function removeDead(path: string): Promise<void> {
  const guard = `${path}.takeover`;
  if (!(await created(guard, `${process.pid}\n`))) {
    const info = await stat(guard).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > unwrittenMs) await rm(guard, { force: true });
    await sleep(takeoverPauseMs);
    return;
  }
  try {
    const holder = await readFile(path, 'utf8').catch(() => null);
    if (holder !== null && !(await isHeld(path, holder))) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function inProgress(model: string, holder: string): WrongUseError {
  const pid = Number.parseInt(holder, 10);
  const who = Number.isSafeInteger(pid) ? ` by process ${pid}` : '';
  const sentence = `${model} is already being downloaded${who}. Wait for it, or stop it and pull again.`;
  return new WrongUseError('PULL_IN_PROGRESS', sentence, { values: { model } });
}
