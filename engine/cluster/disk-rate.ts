import { randomFillSync } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { kernels } from '../../native-kernels/index.js';

const fileBytes = 32 * 2 ** 20;
const pieceBytes = 4 * 2 ** 20;
const longestMs = 500;
/** Assumed of a disk that cannot be measured: a slow hard disk. */
const unknownRate = 50e6;

/**
 * Bytes per second that the disk under `folder` gives, past the page cache: writes a file of 32 MiB, reads it back with
 * direct reads for half a second at most, and removes it. Where that cannot be done a slow disk is assumed.
 */
export async function measureReadRate(folder: string): Promise<number> {
  const file = join(folder, `.disk-rate-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeScratch(file);
    return await readRate(file);
  } catch {
    return unknownRate;
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Random, since some disks compress, and synced, so that reads come from the disk. */
async function writeScratch(file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    const piece = randomFillSync(Buffer.alloc(pieceBytes));
    for (let offset = 0; offset < fileBytes; offset += pieceBytes) await handle.write(piece, 0, pieceBytes, offset);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readRate(file: string): Promise<number> {
  const memory = kernels.allocate(pieceBytes);
  const opened = kernels.openFile(file, true);
  try {
    let read = 0;
    let milliseconds = 0;
    while (read < fileBytes && milliseconds < longestMs) {
      const started = performance.now();
      kernels.readInto(opened, read, pieceBytes, memory, 0);
      milliseconds += performance.now() - started;
      read += pieceBytes;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return (read / milliseconds) * 1000;
  } finally {
    kernels.closeFile(opened);
    kernels.free(memory);
  }
}
