import { kernels } from '../../native-kernels/index.js';

/**
 * Gives back what the page cache holds of a file, as far as it is on disk and nobody has it mapped: where memory is
 * short, a file that was read or written once must not take the place of what is in use.
 */
export function dropFromPageCache(path: string): void {
  const file = kernels.openFile(path, false);
  try {
    kernels.dropFromCache(file);
  } finally {
    kernels.closeFile(file);
  }
}

/** The same for files that may be gone, or that this user may not read: then there is nothing of ours to give back. */
export function dropFromPageCacheIfThere(paths: Iterable<string>): void {
  for (const path of paths) {
    try {
      dropFromPageCache(path);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'KERNEL_IO') throw error;
    }
  }
}
