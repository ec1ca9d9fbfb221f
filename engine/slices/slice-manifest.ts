import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { mostNodes } from './partition.js';
import { manifestName } from './slice-listing.js';

export { manifestName } from './slice-listing.js';

/** Raised whenever files of this version's slices would be misread by older code, or the reverse. */
export const sliceFormatVersion = 1;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const dtype = z.enum(['f32', 'bf16', 'f16', 'q8_0', 'q4_0']);

const share = z.strictObject({
  rank: count, kvHeadStart: count, kvHeads: count, ffnStart: count, ffnColumns: count,
});

const blockTensor = z.strictObject({
  name: z.string().max(256),
  dtype,
  rows: count.min(1),
  cols: count.min(1),
  offset: count,
  bytes: count,
  rowStart: count,
  colStart: count,
});

const sliceFile = z.strictObject({
  /** `<block>.safetensors`: a plain name that cannot lead out of the folder. */
  name: z.string().regex(/^[a-z][a-z0-9]*\.[a-z0-9]+\.safetensors$/).max(64),
  /** Of the whole file: header, data and padding. */
  bytes: count,
  /** Where the block's bytes begin; a multiple of 4096. */
  dataOffset: count,
  sha256,
  block: z.strictObject({ name: z.string().max(64), bytes: count, tensors: z.array(blockTensor).max(64) }),
});

/** What one node's slice folder holds. It is written last: a folder without one is not a slice. */
export const sliceManifest = z.strictObject({
  format: z.literal('hearth-slices'),
  version: z.literal(sliceFormatVersion),
  source: z.strictObject({ name: z.string().max(256), fingerprint: sha256 }),
  /** The type asked for; null = the checkpoint's own. Each tensor's type stands with it. */
  dtype: dtype.nullable(),
  rank: count.max(mostNodes - 1),
  /** Everyone's share: the partition this slice is a part of. */
  shares: z.array(share).min(1).max(mostNodes),
  /** In the order a forward pass uses them. */
  files: z.array(sliceFile).max(10_000),
});

export type SliceManifest = z.infer<typeof sliceManifest>;
export type SliceFileEntry = SliceManifest['files'][number];

/** The manifest in a folder, or null where there is none or it cannot be understood. */
export async function readManifest(folder: string): Promise<SliceManifest | null> {
  try {
    const parsed = sliceManifest.safeParse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
