import { InterruptedError } from '../errors.js';
import { hubEndpoint } from './hub-endpoint.js';
import type { CatalogueEnvironment } from './models-folder.js';
import { planPull } from './pull-plan.js';
import { defaultPacing, type Pacing } from './transfer-retry.js';

/** What a person should know of a model before fetching it. */
export interface ModelPreview {
  /** The name it will have in the cache. */
  name: string;
  format: 'safetensors' | 'gguf';
  totalBytes: number;
  /** As the repository's card names it, e.g. `apache-2.0`; null where it names none. */
  licence: string | null;
}

/**
 * Asks the server what a pull of `reference` would bring, and fetches none of it.
 * @throws WrongUseError, ModelUnusableError, DownloadFailedError, InterruptedError on abort.
 */
export async function previewModel(
  reference: string,
  options: { env?: CatalogueEnvironment; pacing?: Partial<Pacing>; signal?: AbortSignal | undefined } = {},
): Promise<ModelPreview> {
  try {
    const pacing = { ...defaultPacing, ...options.pacing };
    const plan = await planPull(hubEndpoint(options.env), reference, { pacing, signal: options.signal });
    const totalBytes = plan.files.reduce((sum, file) => sum + file.size, 0);
    return { name: plan.name, format: plan.format, totalBytes, licence: plan.licence };
  } catch (error) {
    throw options.signal?.aborted ? new InterruptedError() : error;
  }
}
