import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Dtype } from '../formats/dtype.js';
import { plannedDtype } from '../model/conversions.js';
import type { OpenedModel } from '../model/opened-model.js';
import type { OnProgress } from '../report/progress.js';
import type { Block, Share } from './block.js';
import { blockLayout } from './block-layout.js';
import { SliceBlocks } from './slice-blocks.js';
import { sliceFolder } from './slice-folder.js';
import { readManifest, sliceFormatVersion, type SliceManifest } from './slice-manifest.js';

/** A slice as it should be: all of its manifest that is known before the weights are read. */
export interface WantedSlice {
  folder: string;
  blocks: Block[];
  manifest: Omit<SliceManifest, 'files'>;
}

/** The slice of `rank` that fits this model, partition, dtype and folder. Nothing is read. */
export function wantedSlice(
  { model, shares, dtype, saveDir }: {
    model: OpenedModel; shares: readonly Share[]; dtype: Dtype | null; saveDir: string;
  },
  rank: number,
): WantedSlice {
  const share = shares[rank];
  if (share === undefined) throw new RangeError(`the partition has no rank ${rank}`);
  const dtypeOf = (name: string): Dtype => {
    const entry = model.tensors.get(name);
    if (entry === undefined) throw new Error(`an opened model always has ${name}`);
    return plannedDtype(entry, dtype);
  };
  return {
    folder: sliceFolder(model.path, saveDir, rank),
    blocks: blockLayout(model, share, dtypeOf, { isMaster: rank === 0 }),
    manifest: {
      format: 'hearth-slices',
      version: sliceFormatVersion,
      source: { name: model.name.slice(0, 256), fingerprint: model.fingerprint },
      dtype,
      rank,
      shares: shares.map((other) => ({ ...other })),
    },
  };
}

/** True if the folder holds exactly what is wanted; contents are compared only where asked for. */
export async function isInPlace(
  slice: WantedSlice, options: { verify?: boolean; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<boolean> {
  const manifest = await readManifest(slice.folder);
  if (manifest === null) return false;
  const { files, ...rest } = manifest;
  // The name is for people: a model folder may be renamed.
  const same = isDeepStrictEqual({ ...rest, source: rest.source.fingerprint }, {
    ...slice.manifest, source: slice.manifest.source.fingerprint,
  });
  if (!same || !isDeepStrictEqual(files.map(({ block }) => block), slice.blocks)) return false;
  for (const file of files) {
    const info = await stat(join(slice.folder, file.name)).catch(() => null);
    if (info === null || info.size !== file.bytes) return false;
  }
  if (options.verify !== true) return true;
  return (await new SliceBlocks(slice.folder, manifest).damagedFiles(options.onProgress, options.signal)).length === 0;
}
