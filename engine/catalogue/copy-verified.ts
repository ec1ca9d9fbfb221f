import { lstat, mkdir, open, stat, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dropFromPageCacheIfThere } from '../report/page-cache.js';
import { DownloadFailedError } from './catalogue-errors.js';
import { writeFailure } from './disk-space.js';
import { filesOf } from './entry-files.js';

export interface CopyOptions {
  signal?: AbortSignal | undefined;
  /** Told the bytes that are there and right. */
  onBytes?: (done: number) => void;
}

const pieceBytes = 1 << 20;

/**
 * Copies an entry file by file. What is there already is gone on with; each file is on the disk, read back from it and compared
 * when this resolves.
 *
 * @throws DownloadFailedError if the disk does not take it or gives back something else; the signal's reason on abort
 */
export async function copyVerified(from: string, to: string, { signal, onBytes }: CopyOptions): Promise<void> {
  let before = 0;
  for (const { path, size } of await filesOf(from)) {
    const [source, copy] = [join(from, path), join(to, path)];
    const start = before;
    const tell = (done: number): void => {
      onBytes?.(start + done);
    };
    await mkdir(dirname(copy), { recursive: true });
    await append(source, copy, size, tell, signal);
    dropFromPageCacheIfThere([copy]);
    if (!(await isSameFile(source, copy, signal))) {
      // What was there may have been of another time: all of it is written anew, once.
      await truncate(copy);
      await append(source, copy, size, tell, signal);
      dropFromPageCacheIfThere([copy]);
      if (!(await isSameFile(source, copy, signal))) {
        throw new DownloadFailedError('COPY_DIFFERS', `${copy} is not what was written: the disk of ${to} may be failing. Nothing was removed.`, {
          values: { file: copy, folder: to },
        });
      }
    }
    const { atime, mtime } = await stat(source);
    await utimes(copy, atime, mtime);
    before += size;
  }
}

/** Whether two entries hold the same files with the same bytes. */
export async function isSameContent(one: string, other: string, { signal }: CopyOptions): Promise<boolean> {
  if ((await lstat(one)).isDirectory() !== (await lstat(other)).isDirectory()) return false;
  const files = await filesOf(one);
  if (files.length !== (await filesOf(other)).length) return false;
  for (const { path } of files) if (!(await isSameFile(join(one, path), join(other, path), signal))) return false;
  return true;
}

async function append(from: string, to: string, size: number, tell: (done: number) => void, signal?: AbortSignal): Promise<void> {
  await withFiles([from, 'r'], [to, 'a'], async (source, copy) => {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    let done = (await copy.stat()).size;
    if (done > size) {
      await copy.truncate(0);
      done = 0;
    }
    while (done < size) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - done), done);
      if (bytesRead === 0) return;
      await copy.appendFile(buffer.subarray(0, bytesRead));
      done += bytesRead;
      tell(done);
    }
    await copy.sync();
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw writeFailure(error, to);
  });
}

async function truncate(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.truncate(0).finally(() => handle.close());
}

async function isSameFile(one: string, other: string, signal?: AbortSignal): Promise<boolean> {
  if ((await stat(other).catch(() => null))?.isFile() !== true) return false;
  return withFiles([one, 'r'], [other, 'r'], async (first, second) => {
    const pieces = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const;
    for (let at = 0; ;) {
      signal?.throwIfAborted();
      const [left, right] = await Promise.all([first.read(pieces[0], 0, pieceBytes, at), second.read(pieces[1], 0, pieceBytes, at)]);
      if (left.bytesRead !== right.bytesRead) return false;
      if (left.bytesRead === 0) return true;
      if (!pieces[0].subarray(0, left.bytesRead).equals(pieces[1].subarray(0, right.bytesRead))) return false;
      at += left.bytesRead;
    }
  });
}

type Opening = [path: string, flags: string];

async function withFiles<Result>(one: Opening, other: Opening, use: (a: FileHandle, b: FileHandle) => Promise<Result>): Promise<Result> {
  const first = await open(...one);
  try {
    const second = await open(...other);
    return await use(first, second).finally(() => second.close());
  } finally {
    await first.close();
  }
}
