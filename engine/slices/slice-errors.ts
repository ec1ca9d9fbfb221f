import { HearthError, WrongUseError, type DetailsOf } from '../errors.js';
import { formatBytes } from '../report/readable-amounts.js';
import type { Code } from '../saying.js';

/** Slices that could not be made or cannot be used: the sentence names the folder, the reason, and what to do. */
export class SliceError<C extends Code = Code> extends HearthError {
  constructor(code: C, sentence: string, ...[details]: DetailsOf<C>) {
    super(code, sentence, 3, details);
  }
}

export function diskTooSmall(folder: string, needed: number, free: number): SliceError {
  return new SliceError(
    'SLICES_DISK_FULL',
    `Slicing needs ${formatBytes(needed)}, and ${formatBytes(Math.max(0, free))} are free in ${folder}: ` +
      'free some space, or choose a folder on another disk with --save-dir.',
    { values: { folder } },
  );
}

/** The error for a file operation of slicing that failed; errors that are not the file system's are passed on. */
export function sliceWriteFailure(error: unknown, folder: string): Error {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof HearthError || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error as Error;
  const details = { cause: error, values: { folder } };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SliceError(
      'SLICES_DISK_FULL',
      `The disk is full: slices could not be written to ${folder}. Free some space, or choose another disk with --save-dir.`,
      details,
    );
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code)) {
    return new WrongUseError(
      'SLICES_NOT_WRITABLE',
      `Slices cannot be written to ${folder} (${code}): give the path of a folder you can write to with --save-dir.`,
      details,
    );
  }
  return new SliceError(
    'SLICES_WRITE_FAILED', `Slices could not be written to ${folder} (${code}): check the disk and try again.`, details,
  );
}
