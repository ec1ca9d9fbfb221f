import { kernels } from '../../native-kernels/index.js';

const pieceBytes = 4 * 2 ** 20;
const piecesUnderWay = 16;

/** Bytes from `offset` of a file: a multiple of 4096, as is `bytes`. */
export interface DiskRange {
  path: string;
  offset: number;
  bytes: number;
}

/** Seconds that the disk takes to give these ranges past the page cache, one after the other, when nothing else is done. */
export async function readingSeconds(ranges: readonly DiskRange[]): Promise<number> {
  const scratch = kernels.allocate(piecesUnderWay * pieceBytes);
  const loader = kernels.createLoader();
  const started = performance.now();
  let pieces = 0;
  let ticket = 0;
  try {
    for (const { path, offset, bytes } of ranges) {
      const file = kernels.openFile(path, true);
      for (let at = 0; at < bytes; at += pieceBytes) {
        const place = (pieces++ % piecesUnderWay) * pieceBytes;
        ticket = kernels.submit(loader, file, offset + at, Math.min(pieceBytes, bytes - at), scratch, place);
      }
      // Reads under way keep the file open.
      kernels.closeFile(file);
    }
    await kernels.wait(loader, ticket);
    return (performance.now() - started) / 1000;
  } finally {
    kernels.closeLoader(loader);
    kernels.free(scratch);
  }
}
