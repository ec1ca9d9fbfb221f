import { mkdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClusterFailedError, InterruptedError } from '../errors.js';
import type { Dtype } from '../formats/dtype.js';
import type { OpenedModel } from '../model/opened-model.js';
import type { Progress } from '../report/progress.js';
import { ensureSlices } from './ensure-slices.js';
import { keptFolders, keptSliceFolder, pruneKept, type KeptPartition } from './kept-slices.js';
import { fetchSlice, type FetchedSlice, type FetchSliceOptions } from './slice-client.js';
import { manifestName } from './slice-listing.js';

/** Where a helper's slice comes from: its own disk first, then other nodes. */
export interface PlaceSliceOptions extends Omit<FetchSliceOptions, 'folder' | 'otherFolders' | 'host' | 'port' | 'onProgress'> {
  /** Where this helper keeps slices. */
  readonly root: string;
  readonly partition: KeptPartition;
  /** The master's slice server; null where it has none. */
  readonly master: { readonly host: string; readonly port: number } | null;
  /** The same model on this helper's own disk, by its fingerprint; null where it has none. */
  readonly ownModel?: (fingerprint: string) => Promise<OpenedModel | null>;
  readonly onProgress?: (step: 'cutting' | 'fetching', progress: Progress) => void;
}

/** How many bytes of a slice came from where. */
export interface PlacedSlice extends FetchedSlice {
  readonly folder: string;
  /** Cut from this helper's own copy of the model. */
  readonly cutBytes: number;
}

/**
 * Puts this helper's slice into its folder: cut from its own copy of the model where it has one, else fetched. Block files
 * that other kept slices have are used again in both. Afterwards old kept slices go, by the rule of {@link pruneKept}.
 * Rejects as `fetchSlice` does, also with ClusterFailedError PLAN_INCOMPLETE where there is nobody to fetch from.
 */
export async function placeSlice(options: PlaceSliceOptions): Promise<PlacedSlice> {
  const { root, partition, master, rank } = options;
  const folder = keptSliceFolder(root, partition, rank);
  await mkdir(dirname(folder), { recursive: true });
  const placed = (await cutHere(options, folder)) ?? (await fetchHere(options, folder, master));
  const now = new Date();
  await utimes(join(folder, manifestName), now, now);
  await pruneKept(root, folder);
  return placed;
}

/** Null where this helper has no such model, or one that cannot be used: then the master's is. */
async function cutHere(options: PlaceSliceOptions, folder: string): Promise<PlacedSlice | null> {
  const { partition: { fingerprint, dtype, shares }, rank, root, onProgress, signal } = options;
  const model = (await options.ownModel?.(fingerprint)) ?? null;
  if (model === null) return null;
  let made = { cutBytes: 0, reusedBytes: 0 };
  try {
    const [slice] = await ensureSlices({
      model, shares, ranks: [rank], saveDir: dirname(folder), verify: true,
      dtype: dtype === 'stored' ? null : (dtype as Dtype),
      force: options.forceDownload ?? false,
      reuseFrom: await keptFolders(root),
      onMade: (bytes) => (made = bytes),
      onProgress: (progress) => onProgress?.('cutting', progress), ...(signal === undefined ? {} : { signal }),
    });
    const total = slice?.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
    return { folder, ...made, keptBytes: total - made.cutBytes - made.reusedBytes, fetchedBytes: 0, fromPeersBytes: 0 };
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    return null;
  }
}

async function fetchHere(
  options: PlaceSliceOptions, folder: string, master: PlaceSliceOptions['master'],
): Promise<PlacedSlice> {
  if (master === null) throw new ClusterFailedError('PLAN_INCOMPLETE', 'The master serves no slices.');
  const fetched = await fetchSlice({
    ...options, ...master, folder,
    otherFolders: () => keptFolders(options.root),
    onProgress: (progress) => options.onProgress?.('fetching', progress),
  });
  return { folder, cutBytes: 0, ...fetched };
}
