import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readPieces } from '../catalogue/file-checksum.js';
import { InterruptedError } from '../errors.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import type { Block } from './block.js';
import { SliceError } from './slice-errors.js';
import { readManifest, type SliceManifest } from './slice-manifest.js';

/** Where a block's bytes lie on disk: whole pages from `dataOffset`, a multiple of 4096. */
export interface SliceBlockFile {
  path: string;
  dataOffset: number;
  /** Of the block; the file goes on to a whole page. */
  bytes: number;
}

/** One node's slice on disk: which blocks it holds, and where. */
export class SliceBlocks {
  /** In the order a forward pass uses them. */
  readonly blocks: readonly Block[];

  constructor(
    readonly folder: string,
    readonly manifest: SliceManifest,
  ) {
    this.blocks = manifest.files.map(({ block }) => block);
  }

  /**
   * Opens the slice in `folder`: reads its manifest and checks that every file is there at its full size.
   * @throws SliceError SLICES_INVALID.
   */
  static async open(folder: string): Promise<SliceBlocks> {
    const manifest = await readManifest(folder);
    if (manifest === null) throw invalid(folder, 'holds no slice of this version');
    for (const { name, bytes } of manifest.files) {
      const size = (await stat(join(folder, name)).catch(() => null))?.size ?? null;
      if (size === null) throw invalid(folder, `lacks ${name}`);
      if (size !== bytes) throw invalid(folder, `has ${size} of ${bytes} bytes of ${name}`);
    }
    return new SliceBlocks(folder, manifest);
  }

  /** One file per block, in the order of {@link blocks}. */
  files(): SliceBlockFile[] {
    return this.manifest.files.map(({ name, dataOffset, block }) => ({
      path: join(this.folder, name), dataOffset, bytes: block.bytes,
    }));
  }

  fileOf(block: Block): SliceBlockFile {
    const file = this.files()[this.blocks.findIndex(({ name }) => name === block.name)];
    if (file === undefined) throw new RangeError(`the slice has no block ${block.name}`);
    return file;
  }

  /**
   * Names of files whose content is not what their SHA-256 says; reads everything.
   * @throws InterruptedError when `signal` is aborted.
   */
  async damagedFiles(onProgress?: OnProgress, signal?: AbortSignal): Promise<string[]> {
    const total = this.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
    const meter = new ProgressMeter(`Checking the slice of node ${this.manifest.rank}`, total, onProgress);
    const damaged: string[] = [];
    let done = 0;
    for (const { name, bytes, sha256 } of this.manifest.files) {
      const hash = createHash('sha256');
      await readPieces(join(this.folder, name), bytes, (piece) => {
        if (signal?.aborted === true) throw new InterruptedError();
        hash.update(piece);
        meter.update((done += piece.length));
      });
      if (hash.digest('hex') !== sha256) damaged.push(name);
    }
    return damaged;
  }
}

function invalid(folder: string, reason: string): SliceError {
  return new SliceError('SLICES_INVALID', `${folder} ${reason}: run with --split-bin to slice the model again.`, { values: { folder } });
}
