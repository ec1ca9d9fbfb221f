import { lstat, mkdir, readlink, rename, rm, symlink, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { WrongUseError } from '../errors.js';
import { syncFolder } from '../report/sync-folder.js';
import { readCachedModel, type CachedModel } from './cached-model.js';
import { DownloadFailedError } from './catalogue-errors.js';
import { copyVerified, isSameContent } from './copy-verified.js';
import { freeBytes, requireSpace, writeFailure } from './disk-space.js';
import { filesOf } from './entry-files.js';
import { deleteEntry } from './model-cache.js';
import { pullInProgress, takePullLock } from './pull-lock.js';

export interface MoveOptions {
  signal?: AbortSignal | undefined;
  /** Told the bytes of this model that are in the new place. */
  onBytes?: (done: number) => void;
  /** The model is whole in its new place, and still in the old one where it had to be copied: time to use the new one. */
  onMoved?: (moved: CachedModel) => Promise<void>;
  rename?: typeof rename;
  freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Moves a model of the cache, whole or partial, its slices included, into another models folder. On one volume it is renamed;
 * else every file is copied, read back and compared before the old one is deleted, so that at any moment the model is whole in
 * one place at least. A copy that was cut short goes on where it was; one that is aborted is taken back.
 *
 * @throws WrongUseError if it is worked on, or if another model of its name is there; DownloadFailedError if the disk does not
 * take it; the signal's reason on abort
 */
export async function moveModel(model: CachedModel, to: string, options: MoveOptions = {}): Promise<void> {
  const target = join(to, basename(model.entry));
  const staging = join(to, `.moving-${basename(model.entry)}`);
  await mkdir(to, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(error, to);
  });
  if (await pullInProgress(model.entry)) {
    throw new WrongUseError('PULL_IN_PROGRESS', `${model.name} is being downloaded: pause that first.`, { values: { model: model.name } });
  }
  const there = await lstat(target).catch(() => null);
  if (there === null) {
    if (await renamed(model.entry, target, options)) return told(to, target, options);
    await requireRoom(model, to, staging, options);
    await copied(model, staging, options);
    await rename(staging, target);
    // The name must outlive a power cut too: the old files are deleted next.
    await syncFolder(to);
  } else if (!(await isSameContent(model.entry, target, options))) {
    const advice = `Delete one of the two: the other is in ${dirname(model.entry)}.`;
    throw new WrongUseError('MODEL_THERE_ALREADY', `${to} holds another ${model.name} already. ${advice}`, {
      values: { folder: to, model: model.name, other: dirname(model.entry) },
    });
  }
  await told(to, target, options);
  await deleteEntry(model.entry);
}

/** False where the new place is on another volume. */
async function renamed(from: string, target: string, options: MoveOptions): Promise<boolean> {
  try {
    await (options.rename ?? rename)(from, target);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Windows does not rename what somebody has open; it can be copied all the same.
    if (code === 'EXDEV' || ((code === 'EPERM' || code === 'EBUSY') && process.platform === 'win32')) return false;
    throw writeFailure(error, target);
  }
}

async function told(to: string, target: string, { onMoved }: MoveOptions): Promise<void> {
  const moved = await readCachedModel(to, basename(target));
  if (moved === null) throw new DownloadFailedError('MODEL_VANISHED', `${target} was removed while it was moved.`, { values: { model: target } });
  await onMoved?.(moved);
}

async function requireRoom(model: CachedModel, to: string, staging: string, options: MoveOptions): Promise<void> {
  const sum = async (folder: string): Promise<number> => (await filesOf(folder)).reduce((bytes, { size }) => bytes + size, 0);
  const needed = Math.max(0, (await sum(model.entry)) - (await sum(staging)));
  requireSpace(to, model.name, needed, await (options.freeBytes ?? freeBytes)(to));
}

async function copied(model: CachedModel, staging: string, options: MoveOptions): Promise<void> {
  const info = await lstat(model.entry);
  if (info.isSymbolicLink()) {
    // The files live elsewhere, and stay there.
    await unlink(staging).catch(() => undefined);
    return symlink(resolve(dirname(model.entry), await readlink(model.entry)), staging);
  }
  const lock = info.isDirectory() ? await takePullLock(model.entry, model.name) : null;
  try {
    await copyVerified(model.entry, staging, options);
  } catch (error) {
    if (options.signal?.aborted) await rm(staging, { recursive: true, force: true });
    throw error;
  } finally {
    await lock?.release();
  }
}
