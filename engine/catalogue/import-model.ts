import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import { readCachedModel, type CachedModel } from './cached-model.js';
import { DownloadFailedError } from './catalogue-errors.js';
import { freeBytes, requireSpace, writeFailure } from './disk-space.js';
import { FileHasher, readPieces } from './file-checksum.js';
import { entryName } from './model-reference.js';
import { partialPath, writeRecord, type RecordedFile } from './model-record.js';
import { modelsFolder } from './models-folder.js';
import { takePullLock } from './pull-lock.js';

export interface ImportOptions {
  /** The name that `hearth models ls` will show. */
  name: string;
  /** Where the file comes from, for people. */
  from: string;
  /** Its SHA-256 as its origin declares it; null if the origin declares none. */
  sha256: string | null;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  folder?: string;
}

/** Copies a GGUF file into the cache and records it like a pulled model. @throws DownloadFailedError */
export async function importGguf(file: string, options: ImportOptions): Promise<CachedModel> {
  const models = options.folder ?? modelsFolder();
  const folder = join(models, entryName(options.name));
  const size = (await stat(file)).size;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeFailure(error, folder);
  });
  const lock = await takePullLock(folder, options.name);
  try {
    requireSpace(models, options.name, size, await freeBytes(folder));
    const entry: RecordedFile = { path: basename(file), size, sha256: null, gitSha1: null, checkedMtimeMs: null };
    const partial = partialPath(folder, entry);
    await copyFile(file, partial).catch((error: unknown) => {
      throw writeFailure(error, partial);
    });
    entry.sha256 = await hashOf(partial, size, options);
    if (options.sha256 !== null && entry.sha256 !== options.sha256) {
      await rm(partial, { force: true });
      throw new DownloadFailedError('CHECKSUM_MISMATCH', `${entry.path} does not match its checksum. Fetch it again.`, { values: { file: entry.path } });
    }
    const path = join(folder, entry.path);
    await rename(partial, path);
    entry.checkedMtimeMs = (await stat(path)).mtimeMs;
    const source = { kind: 'imported' as const, from: options.from };
    await writeRecord(folder, {
      version: 1,
      name: options.name,
      format: 'gguf',
      source,
      files: [entry],
      complete: true,
    });
  } finally {
    await lock.release();
  }
  const model = await readCachedModel(models, entryName(options.name));
  if (model === null) throw new DownloadFailedError('MODEL_VANISHED', `${options.name} was removed while it came.`, { values: { model: options.name } });
  return model;
}

async function hashOf(file: string, size: number, options: ImportOptions): Promise<string> {
  const hasher = new FileHasher(size, false);
  const meter = new ProgressMeter(`Checking ${options.name}`, size, options.onProgress);
  let done = 0;
  const take = (piece: Uint8Array): void => {
    hasher.update(piece);
    meter.update((done += piece.length));
  };
  await readPieces(file, size, take, options.signal);
  return hasher.digest().sha256;
}
