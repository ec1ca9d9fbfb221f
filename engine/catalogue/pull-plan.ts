import { DownloadFailedError } from './catalogue-errors.js';
import { chooseFiles } from './file-choice.js';
import type { FileSource, WantedFile } from './file-download.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { probeFile, type ListedFile } from './hub-file.js';
import { listRepository } from './hub-listing.js';
import { modelName, parseReference, type ModelReference } from './model-reference.js';
import { retrying, TransientError, type Pacing } from './transfer-retry.js';

/** A listing is one small answer: a server that does not give it soon is not there. */
const mostListingAttempts = 3;

/** Everything that is settled before the first byte of a model is fetched. */
export interface PullPlan {
  reference: ModelReference;
  /** The model's name in the cache. */
  name: string;
  format: 'safetensors' | 'gguf';
  source: FileSource;
  files: WantedFile[];
  /** As the repository's card names it; null where it names none. */
  licence: string | null;
}

export interface PlanOptions {
  pacing: Pacing;
  signal?: AbortSignal | undefined;
  onNotice?: ((line: string) => void) | undefined;
}

/**
 * Asks the server what the repository holds and settles which files make the model.
 * @throws WrongUseError, ModelUnusableError, DownloadFailedError
 */
export async function planPull(hub: HubEndpoint, text: string, options: PlanOptions): Promise<PullPlan> {
  const reference = parseReference(text);
  const asking = { stallMs: options.pacing.stallMs, signal: options.signal };
  const patiently = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => askPatiently(hub, ask, options);
  const listing = await patiently(() => listRepository(hub, reference, asking));
  const byPath = new Map(listing.files.map((file) => [file.path, file]));
  const choice = chooseFiles(
    reference,
    listing.files.map((file) => file.path),
  );
  const source = { hub, repo: reference.repo, commit: listing.commit };
  const files: WantedFile[] = [];
  for (const path of choice.paths) {
    let file: ListedFile = byPath.get(path) ?? { path, size: null, sha256: null, gitSha1: null };
    if (file.size === null) file = await patiently(() => probeFile(hub, source.repo, source.commit, file, asking));
    const { size } = file;
    if (size === null) throw unknownSize(hub, path);
    if (file.sha256 === null && file.gitSha1 === null) {
      options.onNotice?.(`${hub.base.host} gives no checksum for ${path}; only its size can be compared.`);
    }
    files.push({ ...file, size });
  }
  const ggufFile = choice.format === 'gguf' ? (choice.paths[0] ?? null) : null;
  return { reference, name: modelName(reference, ggufFile), format: choice.format, source, files, licence: listing.licence };
}

async function askPatiently<Answer>(
  hub: HubEndpoint,
  ask: () => Promise<Answer>,
  { pacing, signal, onNotice }: PlanOptions,
): Promise<Answer> {
  try {
    return await retrying(ask, {
      pacing: { ...pacing, attempts: Math.min(pacing.attempts, mostListingAttempts) },
      signal,
      onPause: (reason) => onNotice?.(`${capitalised(reason)}; trying again.`),
    });
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    const what = `${hub.base.host} cannot be asked for the model: ${error.message}`;
    const sentence = `${what}. Check the connection and HF_ENDPOINT, then pull again.`;
    const values = { host: hub.base.host, because: [error.reason] };
    throw new DownloadFailedError('HUB_UNREACHABLE', sentence, { cause: error, values });
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function unknownSize(hub: HubEndpoint, path: string): DownloadFailedError {
  return new DownloadFailedError(
    'SIZE_UNKNOWN',
    `${hub.base.host} does not tell the size of ${path}. Check HF_ENDPOINT.`,
    { values: { host: hub.base.host, file: path } },
  );
}
