import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterFailedError, HearthError, InterruptedError } from '../errors.js';
import { dropFromPageCache } from '../report/page-cache.js';
import type { SliceFile } from './slice-listing.js';

const attemptsWithoutProgress = 5;

/** Of a file that is read through once, so much at most stays in the page cache. */
const uncachedBytes = 16 * 2 ** 20;

/** Answers with a slice's file from byte `start` on. Rejects with ClusterFailedError or InterruptedError. */
export type AskForFile = (file: SliceFile, start: number, signal?: AbortSignal) => Promise<AsyncIterable<unknown>>;

/** Bytes of a file in `folder`, or -1 when it is not there. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => -1);
}

async function hashInto(hash: Hash, path: string, signal: AbortSignal | undefined): Promise<void> {
  let cached = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (signal?.aborted === true) throw new InterruptedError();
    hash.update(piece as Buffer);
    cached += (piece as Buffer).length;
    if (cached < uncachedBytes) continue;
    dropFromPageCache(path);
    cached = 0;
  }
  dropFromPageCache(path);
}

/** Whether the file is there, whole and unharmed. */
export async function isWhole(folder: string, file: SliceFile, signal?: AbortSignal): Promise<boolean> {
  const path = join(folder, file.name);
  if (await sizeOf(path) !== file.bytes) return false;
  const hash = createHash('sha256');
  await hashInto(hash, path, signal);
  return hash.digest('hex') === file.sha256;
}

/**
 * Fetches one file into `folder`: into `<name>.partial`, from where an earlier try ended, and under its own name only once
 * its checksum is right. `onBytes` hears how many bytes of the file are there.
 * Rejects with ClusterFailedError (SLICE_DAMAGED, SLICE_UNREACHABLE, …) or InterruptedError; what came so far is kept.
 */
export async function fetchSliceFile(
  ask: AskForFile, folder: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
): Promise<void> {
  const partial = join(folder, `${file.name}.partial`);
  let damaged = 0;
  for (let attempt = 1, before = -1; ; attempt += 1) {
    const held = await sizeOf(partial);
    if (held > before) attempt = 1;
    before = Math.max(before, held);
    try {
      if (await fetchOnce(ask, folder, file, onBytes, signal)) return;
      before = -1;
      damaged += 1;
      if (damaged === 2) throw damagedError(file.name);
    } catch (error) {
      if (signal?.aborted === true) throw new InterruptedError();
      if (isFinal(error) || attempt >= attemptsWithoutProgress) throw error;
      await pause(100 * 2 ** attempt);
    }
  }
}

/**
 * One try of {@link fetchSliceFile}: false, and nothing is left of it, where what came is not what its checksum says. What came
 * before a connection broke is kept.
 */
export async function fetchOnce(
  ask: AskForFile, folder: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
): Promise<boolean> {
  const partial = join(folder, `${file.name}.partial`);
  const whole = await fetchRest(ask, partial, file, onBytes, signal) === file.sha256;
  if (whole) await rename(partial, join(folder, file.name));
  else await rm(partial, { force: true });
  return whole;
}

/** Appends what is missing to the partial file. Returns the SHA-256 of the whole. */
async function fetchRest(
  ask: AskForFile, partial: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  let done = Math.max(0, await sizeOf(partial));
  if (done > file.bytes) {
    await rm(partial, { force: true });
    done = 0;
  }
  if (done > 0) await hashInto(hash, partial, signal);
  onBytes(done);
  const target = await open(partial, 'a').catch((error: unknown) => {
    throw diskFull(error, file.name) ?? error;
  });
  try {
    if (done < file.bytes || file.bytes === 0) {
      for await (const chunk of await ask(file, done, signal)) {
        const piece = chunk as Buffer;
        if (done + piece.length > file.bytes) return '';
        await target.appendFile(piece);
        hash.update(piece);
        onBytes((done += piece.length));
      }
    }
    await target.sync();
    // It waits on disk until the window asks for it, and must not push out what is in use.
    dropFromPageCache(partial);
  } catch (error) {
    throw writeError(error, file.name);
  } finally {
    await target.close();
  }
  if (done < file.bytes) throw new ClusterFailedError('SLICE_UNREACHABLE', `The connection broke during ${file.name}.`);
  return hash.digest('hex');
}

/** The error that says so when a disk, or a person's share of it, is full; null for all other errors. */
export function diskFull(error: unknown, name: string): ClusterFailedError | null {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return null;
  return new ClusterFailedError('DISK_FULL', `The disk is full: ${name} could not be stored. Free some space.`, { cause: error, values: { place: name } });
}

function isFinal(error: unknown): boolean {
  return error instanceof HearthError && error.code !== 'SLICE_UNREACHABLE';
}

function writeError(error: unknown, name: string): unknown {
  if (error instanceof HearthError) return error;
  const { message } = error as Error;
  return diskFull(error, name) ?? new ClusterFailedError('SLICE_UNREACHABLE', `The connection broke during ${name} (${message}).`);
}

function damagedError(name: string): ClusterFailedError {
  return new ClusterFailedError(
    'SLICE_DAMAGED', `${name} arrived damaged twice. Let the master slice the model again with --split-bin.`,
    { values: { file: name } },
  );
}
