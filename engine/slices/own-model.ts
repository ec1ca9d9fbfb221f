import { listModels } from '../catalogue/model-cache.js';
import { checkModel } from '../catalogue/verify-model.js';
import { ModelUnusableError } from '../errors.js';
import { openModel, type OpenedModel } from '../model/model-folder.js';

/**
 * The model of this fingerprint on this laptop: at `given`, or in its model cache; null where it has none. Reads no more than
 * headers, and what has changed since its checksum last agreed.
 */
export async function ownModel(fingerprint: string, given: string | null, cache?: string): Promise<OpenedModel | null> {
  const atPath = given === null ? null : await openedOrNull(given);
  if (atPath?.fingerprint === fingerprint) return atPath;
  for (const cached of await listModels(cache)) {
    const model = cached.complete ? await openedOrNull(cached.path) : null;
    if (model?.fingerprint !== fingerprint) continue;
    if ((await checkModel(cached, { trustUnchanged: true })).length === 0) return model;
  }
  return null;
}

/** What cannot be used here is no reason not to help: the master has the model. */
async function openedOrNull(path: string): Promise<OpenedModel | null> {
  try {
    return await openModel(path);
  } catch (error) {
    if (error instanceof ModelUnusableError) return null;
    throw error;
  }
}
