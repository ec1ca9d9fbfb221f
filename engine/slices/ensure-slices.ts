import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { freeBytes } from '../catalogue/disk-space.js';
import type { Dtype } from '../formats/dtype.js';
import type { OpenedModel } from '../model/opened-model.js';
import { dropFromPageCacheIfThere } from '../report/page-cache.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import type { Share } from './block.js';
import { CheckpointBlocks } from './checkpoint-blocks.js';
import { nodeFolders } from './kept-slices.js';
import { clearLeftovers, fillFolder, writeSynced } from './partial-folder.js';
import { ReusedFiles } from './reused-files.js';
import { SliceBlocks } from './slice-blocks.js';
import { diskTooSmall, sliceWriteFailure } from './slice-errors.js';
import { sliceFileLayout } from './slice-file.js';
import { sliceFolder } from './slice-folder.js';
import { manifestName, type SliceManifest } from './slice-manifest.js';
import { writeSliceFile, type SliceWriting } from './slice-writer.js';
import { isInPlace, wantedSlice, type WantedSlice } from './wanted-slice.js';

export interface SliceRequest {
  model: OpenedModel;
  /** The whole partition, one share per rank. */
  shares: readonly Share[];
  /** Convert while slicing; null keeps the checkpoint's types. */
  dtype: Dtype | null;
  /** `--save-dir`: a folder inside the model's, or an absolute path. */
  saveDir: string;
  /** The ranks whose slices are wanted here. Default: all. */
  ranks?: readonly number[];
  /** Makes the slices again even if they are valid (`--split-bin`). */
  force?: boolean;
  /** Reads existing slices through and compares their SHA-256 before they are used again. */
  verify?: boolean;
  /** More folders of single slices whose block files are used again, besides those beside the wanted ones. */
  reuseFrom?: readonly string[];
  /** Hears, once slices were made, how much of them was cut and how much other slices had already. */
  onMade?: (made: MadeBytes) => void;
  onProgress?: OnProgress;
  signal?: AbortSignal;
  /** Free bytes of a folder's disk; for tests. */
  freeBytes?: (folder: string) => Promise<number>;
}

/** Bytes of slice files that were made. */
export interface MadeBytes {
  cutBytes: number;
  reusedBytes: number;
}

/** Left free beside the slices, so that the machine goes on working. */
const reserveBytes = 64 << 20;

/**
 * Sees to it that the wanted ranks' slices lie in their folders and fit this model, partition and dtype: valid ones are used
 * again, others are made. A slice appears as a whole or not at all; what a killed run left behind is cleared.
 * @returns one opened slice per wanted rank, in their order.
 * @throws SliceError, WrongUseError SLICES_NOT_WRITABLE, ModelUnusableError, InterruptedError.
 */
export async function ensureSlices(request: SliceRequest): Promise<SliceBlocks[]> {
  // Even their headers, read with everything the system reads ahead, weigh more than a window does.
  dropFromPageCacheIfThere(new Set([...request.model.tensors.values()].map(({ file }) => file)));
  const ranks = request.ranks ?? request.shares.map(({ rank }) => rank);
  const wanted = ranks.map((rank) => wantedSlice(request, rank));
  const parent = dirname(sliceFolder(request.model.path, request.saveDir, 0));
  try {
    await clearLeftovers(parent);
    const missing: WantedSlice[] = [];
    for (const slice of wanted) {
      if (request.force === true || !(await isInPlace(slice, request))) missing.push(slice);
    }
    if (missing.length > 0) await makeSlices(request, missing, parent);
  } catch (error) {
    throw sliceWriteFailure(error, parent);
  }
  return Promise.all(wanted.map(({ folder }) => SliceBlocks.open(folder)));
}

async function makeSlices(request: SliceRequest, slices: readonly WantedSlice[], parent: string): Promise<void> {
  const blocks = slices.flatMap((slice) => slice.blocks);
  const folders = request.force === true ? [] : [...(await nodeFolders(parent)), ...(request.reuseFrom ?? [])];
  const reused = await ReusedFiles.gather(parent, folders, request.model.fingerprint, blocks, request);
  const source = new CheckpointBlocks(request.model.tensors);
  try {
    const total = blocks.filter((block) => reused.bytesFor(block) === 0).reduce((sum, block) => sum + sliceFileLayout(block).bytes, 0);
    const free = await (request.freeBytes ?? freeBytes)(await nearestFolder(parent));
    if (free < total + reserveBytes) throw diskTooSmall(parent, total + reserveBytes, free);
    const meter = new ProgressMeter(`Slicing ${request.model.name}`, total, request.onProgress);
    let done = 0;
    const writing: SliceWriting = {
      onBytes: (bytes) => meter.update((done += bytes)),
      buffer: new Uint8Array(2 ** 20),
      signal: request.signal,
    };
    for (const slice of slices) await makeSlice(slice, source, reused, writing);
    request.onMade?.({ cutBytes: total, reusedBytes: blocks.reduce((sum, block) => sum + reused.bytesFor(block), 0) });
  } finally {
    source.close();
    await reused.close();
  }
}

async function makeSlice(slice: WantedSlice, source: CheckpointBlocks, reused: ReusedFiles, writing: SliceWriting): Promise<void> {
  await fillFolder(slice.folder, async (partial) => {
    const files: SliceManifest['files'] = [];
    for (const block of slice.blocks) {
      files.push((await reused.place(block, partial)) ?? (await writeSliceFile(partial, block, source, writing)));
    }
    const manifest: SliceManifest = { ...slice.manifest, files };
    await writeSynced(join(partial, manifestName), `${JSON.stringify(manifest)}\n`);
  });
}

/** The closest folder above that exists already: the disk that will be written to. */
async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (dirname(at) === at || (await stat(at).catch(() => null)) !== null) return at;
  }
}
