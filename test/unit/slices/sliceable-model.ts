import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { openModel, type OpenedModel } from '../../../engine/model/model-folder.js';
import { partition } from '../../../engine/slices/partition.js';
import type { SliceRequest } from '../../../engine/slices/ensure-slices.js';

const golden = join(import.meta.dirname, '..', '..', 'golden', 'models');

/** A copy of a golden model that a test may slice, cut off or change. */
export async function copyModel(name: string, folder: string): Promise<OpenedModel> {
  const path = join(folder, name);
  await cp(join(golden, name), path, { recursive: true });
  return openModel(path);
}

/** A request for all ranks of `ratio`, in the seed's default folder. */
export function requestOf(model: OpenedModel, ratio: readonly number[], more: Partial<SliceRequest> = {}): SliceRequest {
  const quantised = more.dtype === 'q8_0' || more.dtype === 'q4_0';
  return { model, shares: partition(model.config, ratio, { quantised }), dtype: null, saveDir: 'split', ...more };
}
