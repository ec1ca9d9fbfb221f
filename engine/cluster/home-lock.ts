import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClusterFailedError, WrongUseError } from '../errors.js';

const lockName = 'home.json.lock';
const retryMs = 15;
const patienceMs = 10_000;
/** Whoever holds the lock needs milliseconds: an older one was left behind by a process that died. */
const staleMs = 5_000;

/**
 * Runs `act` while no other process of this device changes the home.
 * Throws ClusterFailedError HOME_BUSY when none lets go of it, WrongUseError HOME_UNWRITABLE.
 */
export async function withHomeLock<T>(folder: string, act: () => Promise<T>): Promise<T> {
  const file = join(folder, lockName);
  await takeLock(folder, file);
  try {
    return await act();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(folder: string, file: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await tryLock(folder, file))) {
    if (performance.now() > deadline) {
      throw new ClusterFailedError(
        'HOME_BUSY', `Another Hearth keeps the list of paired laptops. Try again, or delete ${file}.`, { values: { file } },
      );
    }
    if (await isStale(file)) await rm(file, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, retryMs * (1 + Math.random())));
  }
}

async function tryLock(folder: string, file: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await (await open(file, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A held lock, not a file where the folder is due; Windows refuses a file that is just being deleted in its own way.
    if (code === 'EEXIST' && (await isFolder(folder))) return false;
    if (code === 'EPERM' && process.platform === 'win32') return false;
    const sentence = `${folder}: the list of paired laptops cannot be stored there (${message}).`;
    throw new WrongUseError('HOME_UNWRITABLE', sentence, { cause: error, values: { file: folder } });
  }
}

async function isStale(file: string): Promise<boolean> {
  const held = await stat(file).catch(() => undefined);
  return held !== undefined && Date.now() - held.mtimeMs > staleMs;
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() === true;
}
