import { z } from 'zod';
import { ClusterFailedError } from '../errors.js';

/** The part of a slice's manifest that its transfer needs. */
export interface SliceListing {
  readonly files: readonly SliceFile[];
}

export interface SliceFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export const manifestName = 'manifest.json';
/** A manifest names a few hundred blocks at most. */
export const manifestMaxBytes = 16 * 1024 * 1024;

/** One plain name, the same file on every platform: no folder, no dot in front, no device, nothing of our own. */
const sliceFileName = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9][a-z0-9._-]{0,119}\.safetensors$/i;

export function isSliceFileName(name: string): boolean {
  return sliceFileName.test(name);
}

const listing = z.object({
  files: z.array(z.object({
    name: z.string().refine(isSliceFileName),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  })).max(10_000),
}).refine(({ files }) => new Set(files.map(({ name }) => name.toLowerCase())).size === files.length, 'names repeat');

/** Throws ClusterFailedError SLICE_LISTING when the text lists anything that must not be written to disk. */
export function parseSliceListing(text: string): SliceListing {
  try {
    return listing.parse(JSON.parse(text));
  } catch (error) {
    throw new ClusterFailedError(
      'SLICE_LISTING', "The master's list of slice files is not one. Run the same version of Hearth on both.", { cause: error },
    );
  }
}
