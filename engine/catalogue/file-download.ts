import { saying } from '../saying.js';
import { judgeStart } from './body-start.js';
import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { filePath } from './hub-file.js';
import { refusal } from './hub-refusal.js';
import { asTransient, hubRequest, type HubReply } from './hub-request.js';
import { PartialFile } from './partial-file.js';
import { retrying, TransientError, type Pacing } from './transfer-retry.js';
import { checksumsAgree } from './verify-model.js';

/** One file to fetch; its size is known, its content as far as the server tells. */
export interface WantedFile {
  path: string;
  size: number;
  sha256: string | null;
  gitSha1: string | null;
}

export interface FileSource {
  hub: HubEndpoint;
  repo: string;
  commit: string;
}

export interface FileDownloadOptions {
  pacing: Pacing;
  signal?: AbortSignal | undefined;
  /** Told the bytes of this file that are here; goes back when a file has to be started afresh. */
  onBytes?: (present: number) => void;
  onPause?: ((reason: string, pauseMs: number) => void) | undefined;
}

/** Wrong bytes are fetched again once: they may have gone wrong on the way or on the disk. */
const mostChecksumFailures = 2;

/**
 * Fetches a file into `partial`, going on from what is there already, until it is whole and its checksum agrees. Gives
 * its SHA-256; the caller moves it to its place. What has arrived stays in `partial` on failure and on abort.
 * @throws DownloadFailedError with one line that says what to do; the signal's reason on abort.
 */
export async function downloadFile(
  source: FileSource,
  file: WantedFile,
  partial: string,
  options: FileDownloadOptions,
): Promise<string> {
  const here = await PartialFile.open(partial, file.size, file.sha256 === null, options.signal);
  options.onBytes?.(here.present);
  const download = new FileDownload(source, file, here, options);
  let mostPresent = here.present;
  const progressed = (): boolean => {
    const more = here.present > mostPresent;
    mostPresent = Math.max(mostPresent, here.present);
    return more;
  };
  try {
    return await retrying(() => download.attempt(), { ...options, progressed });
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    const what = `${file.path} could not be downloaded from ${source.hub.base.host}: ${error.message}`;
    const sentence = `${what}. What has arrived is kept; pull again to go on.`;
    const values = { file: file.path, host: source.hub.base.host, because: [error.reason] };
    throw new DownloadFailedError('DOWNLOAD_FAILED', sentence, { cause: error, values });
  } finally {
    await here.close();
  }
}

/** The attempts at one file. */
class FileDownload {
  #checksumFailures = 0;

  constructor(
    private readonly source: FileSource,
    private readonly file: WantedFile,
    private readonly here: PartialFile,
    private readonly options: FileDownloadOptions,
  ) {}

  /** One connection. Gives the SHA-256 once the file is whole and right. */
  async attempt(): Promise<string> {
    if (this.here.present < this.file.size) await this.#fetchRest();
    const found = this.here.digest();
    if (!checksumsAgree(found, this.file)) await this.#rejectBytes();
    await this.here.flush();
    return found.sha256;
  }

  async #rejectBytes(): Promise<never> {
    await this.#startAfresh();
    this.#checksumFailures += 1;
    if (this.#checksumFailures < mostChecksumFailures) throw new TransientError(saying('TRANSFER_CHECKSUM', 'the checksum does not match', {}));
    const what = `${this.file.path} arrived with a wrong checksum ${mostChecksumFailures} times and was deleted`;
    throw new DownloadFailedError('CHECKSUM_MISMATCH', `${what}. Pull again later, or check HF_ENDPOINT.`, { values: { file: this.file.path } });
  }

  async #fetchRest(): Promise<void> {
    const { hub, repo, commit } = this.source;
    const { present } = this.here;
    const range = present > 0 ? { headers: { range: `bytes=${present}-` } } : {};
    const { signal, pacing } = this.options;
    const path = filePath(repo, commit, this.file.path);
    const reply = await hubRequest(hub, path, { ...range, stallMs: pacing.stallMs, signal });
    try {
      await this.#agreeOnStart(reply);
      await this.#takeBody(reply);
    } finally {
      reply.body.destroy();
    }
    if (this.here.present < this.file.size) throw new TransientError(saying('TRANSFER_ENDED_EARLY', 'the connection ended early', {}));
  }

  async #agreeOnStart(reply: HubReply): Promise<void> {
    const { hub, repo } = this.source;
    const start = judgeStart(reply, this.file, this.here.present);
    if (start.kind === 'append') return;
    if (start.kind === 'refused') throw refusal(hub, repo, `${repo}/${this.file.path}`, reply);
    if (start.kind === 'other-content') {
      const sentence = `${this.file.path} has changed on ${hub.base.host} since it was listed. Pull again.`;
      throw new DownloadFailedError('FILE_CHANGED', sentence, { values: { file: this.file.path, host: hub.base.host } });
    }
    if (start.kind === 'ask-again') throw new TransientError(start.reason);
    await this.#startAfresh();
    if (start.kind === 'forget') throw new TransientError(start.reason);
  }

  async #takeBody(reply: HubReply): Promise<void> {
    const pieces = (reply.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (;;) {
      // Only what the connection throws may pass by itself; what the disk throws does not.
      const next = await pieces.next().catch((error: unknown) => {
        this.options.signal?.throwIfAborted();
        throw asTransient(error, this.source.hub.base);
      });
      if (next.done) return;
      if (this.here.present + next.value.length > this.file.size) {
        await this.#startAfresh();
        throw new TransientError(saying('TRANSFER_TOO_LONG', 'the server sent more bytes than it listed', {}));
      }
      await this.here.append(next.value);
      this.options.onBytes?.(this.here.present);
    }
  }

  async #startAfresh(): Promise<void> {
    await this.here.startAfresh();
    this.options.onBytes?.(0);
  }
}
