import { statfs } from 'node:fs/promises';
import { formatBytes } from '../report/readable-amounts.js';
import { DownloadFailedError } from './catalogue-errors.js';

/** Left free beside a download, so that the machine goes on working. */
const reserveBytes = 256 << 20;

/** Bytes that an ordinary user may still write on the file system of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws DownloadFailedError `DISK_FULL` unless `needed` bytes and a reserve fit. */
export function requireSpace(folder: string, model: string, needed: number, free: number): void {
  if (needed === 0 || free >= needed + reserveBytes) return;
  const sentence =
    `${model} needs ${formatBytes(needed)} more, and ${formatBytes(Math.max(0, free))} are free in ${folder}. ` +
    'Free some space, remove a model with `hearth models rm`, or set HEARTH_HOME to another disk.';
  throw new DownloadFailedError('DISK_FULL', sentence, { values: { place: folder } });
}

/** The error for a write that failed: a full disk says so. */
export function writeFailure(error: unknown, file: string): DownloadFailedError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const advice = 'Free some space and pull again; what has arrived is kept.';
    return new DownloadFailedError('DISK_FULL', `The disk is full: ${file} could not grow. ${advice}`, {
      cause: error, values: { place: file },
    });
  }
  const what = `${file} could not be written (${code || 'unknown reason'})`;
  const advice = "Check the folder's permissions, or set HEARTH_HOME.";
  return new DownloadFailedError('WRITE_FAILED', `${what}. ${advice}`, { cause: error, values: { file } });
}
