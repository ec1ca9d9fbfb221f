import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterFailedError, HearthError, InterruptedError } from '../errors.js';
import type { SliceConnection } from './slice-connection.js';
import type { SliceFile } from './slice-listing.js';

const attemptsWithoutProgress = 5;

/** Bytes of a file in `folder`, or -1 when it is not there. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(({ size }) => size, () => -1);
}

async function hashInto(hash: Hash, path: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (signal?.aborted === true) throw new InterruptedError();
    hash.update(piece as Buffer);
  }
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
  connection: SliceConnection, folder: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
): Promise<void> {
  const partial = join(folder, `${file.name}.partial`);
  let damaged = 0;
  for (let attempt = 1, before = -1; ; attempt += 1) {
    const held = await sizeOf(partial);
    if (held > before) attempt = 1;
    before = Math.max(before, held);
    try {
      if (await fetchRest(connection, partial, file, onBytes, signal) === file.sha256) {
        await rename(partial, join(folder, file.name));
        return;
      }
      await rm(partial, { force: true });
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

/** Appends what is missing to the partial file. Returns the SHA-256 of the whole. */
async function fetchRest(
  connection: SliceConnection, partial: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  let done = Math.max(0, await sizeOf(partial));
  if (done > file.bytes) {
    await rm(partial, { force: true });
    done = 0;
  }
  if (done > 0) await hashInto(hash, partial, signal);
  onBytes(done);
  const target = await open(partial, 'a');
  try {
    if (done < file.bytes || file.bytes === 0) {
      for await (const chunk of await connection.get(file.name, done, signal)) {
        const piece = chunk as Buffer;
        if (done + piece.length > file.bytes) return '';
        await target.appendFile(piece);
        hash.update(piece);
        onBytes((done += piece.length));
      }
    }
    await target.sync();
  } catch (error) {
    throw writeError(error, file.name);
  } finally {
    await target.close();
  }
  if (done < file.bytes) throw new ClusterFailedError('SLICE_UNREACHABLE', `The connection to the master broke during ${file.name}.`);
  return hash.digest('hex');
}

function isFinal(error: unknown): boolean {
  return error instanceof HearthError && error.code !== 'SLICE_UNREACHABLE';
}

function writeError(error: unknown, name: string): unknown {
  if (error instanceof HearthError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return new ClusterFailedError('DISK_FULL', `The disk is full: ${name} could not be stored. Free some space.`);
  return new ClusterFailedError('SLICE_UNREACHABLE', `The connection to the master broke during ${name} (${message}).`);
}

function damagedError(name: string): ClusterFailedError {
  return new ClusterFailedError(
    'SLICE_DAMAGED', `${name} arrived damaged twice. Let the master slice the model again with --split-bin.`,
  );
}
