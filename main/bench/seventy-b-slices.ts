import { createHash, type Hash } from 'node:crypto';
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes, requireSpace } from '../../engine/catalogue/disk-space.js';
import { InterruptedError } from '../../engine/errors.js';
import { dropFromPageCache } from '../../engine/report/page-cache.js';
import { ProgressMeter, type OnProgress } from '../../engine/report/progress.js';
import type { Block } from '../../engine/slices/block.js';
import { sliceFileLayout } from '../../engine/slices/slice-file.js';
import { manifestName, sliceFormatVersion, type SliceFileEntry, type SliceManifest } from '../../engine/slices/slice-manifest.js';
import { fillWeights, xorshift } from './random-weights.js';
import { blocksOf, embeddingOf, sharesOf, type SeventyB } from './seventy-b-shapes.js';

/** Random weights that all files are cut from, each at other places. */
const poolBytes = 8 * 2 ** 20;
const pieceBytes = 4 * 2 ** 20;

/** File of the master's embedding table in the folder. */
export const embeddingFile = 'embedding.bf16';

/**
 * Writes the slice of a node as slicing a real checkpoint would: one file per block, a manifest, on the master also the
 * embedding table. Weights are random, every file differs, and nothing of them stays in the page cache.
 * @throws DownloadFailedError DISK_FULL before anything is written; InterruptedError.
 */
export async function writeSeventyB(folder: string, shape: SeventyB, signal: AbortSignal, show?: OnProgress): Promise<void> {
  const blocks = blocksOf(shape);
  const embedding = shape.rank === 0 ? embeddingOf(shape, embeddingFile).bytes : 0;
  const total = blocks.reduce((sum, block) => sum + sliceFileLayout(block).bytes, embedding);
  await mkdir(folder, { recursive: true });
  requireSpace(folder, shape.name, total, await freeBytes(folder));
  const writer = new RandomFiles(folder, new ProgressMeter(`Making ${shape.name}`, total, show), signal);
  const files: SliceFileEntry[] = [];
  for (const block of blocks) files.push(await writer.writeBlock(block));
  if (embedding > 0) await writer.write(embeddingFile, [embedding]);
  const manifest: SliceManifest = {
    format: 'hearth-slices', version: sliceFormatVersion, dtype: null, rank: shape.rank, shares: sharesOf(shape),
    source: { name: shape.name, fingerprint: createHash('sha256').update(JSON.stringify(shape.config)).digest('hex') },
    files,
  };
  await writeFile(join(folder, manifestName), JSON.stringify(manifest));
}

class RandomFiles {
  readonly #random = xorshift(70_000);
  readonly #pool = new Uint8Array(poolBytes);
  #done = 0;

  constructor(
    private readonly folder: string,
    private readonly meter: ProgressMeter,
    private readonly signal: AbortSignal,
  ) {
    fillWeights(this.#pool, 'bf16', this.#random);
  }

  async writeBlock(block: Block): Promise<SliceFileEntry> {
    const layout = sliceFileLayout(block);
    const parts: (number | Uint8Array)[] = [layout.header];
    let end = 0;
    for (const { offset, bytes, rows, cols } of block.tensors) {
      parts.push(new Uint8Array(offset - end), rows === 1 ? new Uint8Array(new Float32Array(cols).fill(1).buffer) : bytes);
      end = offset + bytes;
    }
    const name = `${block.name}.safetensors`;
    const sha256 = await this.write(name, [...parts, new Uint8Array(layout.padding)]);
    return { name, bytes: layout.bytes, dataOffset: layout.dataOffset, sha256, block: { ...block, tensors: [...block.tensors] } };
  }

  /** Writes parts one behind another: given bytes, or so many random ones. Answers with the file's SHA-256. */
  async write(name: string, parts: readonly (number | Uint8Array)[]): Promise<string> {
    const path = join(this.folder, name);
    const hash = createHash('sha256');
    const handle = await open(path, 'w');
    try {
      for (const part of parts) {
        if (typeof part === 'number') await this.#writeRandom(handle, hash, part);
        else await this.#put(handle, hash, part);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    dropFromPageCache(path);
    return hash.digest('hex');
  }

  async #writeRandom(handle: FileHandle, hash: Hash, bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      const start = (this.#random() % ((poolBytes - pieceBytes) / 64)) * 64;
      const piece = Math.min(left, pieceBytes);
      await this.#put(handle, hash, this.#pool.subarray(start, start + piece));
      left -= piece;
    }
  }

  async #put(handle: FileHandle, hash: Hash, bytes: Uint8Array): Promise<void> {
    if (this.signal.aborted) throw new InterruptedError();
    hash.update(bytes);
    for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten;
    this.meter.update((this.#done += bytes.length));
  }
}
