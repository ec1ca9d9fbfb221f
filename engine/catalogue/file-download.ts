import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DownloadFailedError } from './catalogue-errors.js';
import { writeFailure } from './disk-space.js';
import { FileHasher, readPieces } from './file-checksum.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { filePath } from './hub-listing.js';
import { refusal } from './hub-refusal.js';
import { asTransient, hubRequest, type HubReply } from './hub-request.js';
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
  const download = await FileDownload.open(source, file, partial, options);
  let mostPresent = download.present;
  const progressed = (): boolean => {
    const more = download.present > mostPresent;
    mostPresent = Math.max(mostPresent, download.present);
    return more;
  };
  try {
    return await retrying(() => download.attempt(), { ...options, progressed });
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    const where = source.hub.base.host;
    const sentence = `${file.path} could not be downloaded from ${where}: ${error.reason}. What has arrived is kept; pull again to go on.`;
    throw new DownloadFailedError('DOWNLOAD_FAILED', sentence, { cause: error });
  } finally {
    await download.close();
  }
}

/** The growing file and the checksum of what is in it so far; the two always agree. */
class FileDownload {
  /** Bytes of the file that are here. */
  present = 0;
  #hasher: FileHasher;
  #checksumFailures = 0;

  private constructor(
    private readonly source: FileSource,
    private readonly file: WantedFile,
    private readonly partial: string,
    private readonly handle: FileHandle,
    private readonly options: FileDownloadOptions,
  ) {
    this.#hasher = this.#freshHasher();
  }

  static async open(
    source: FileSource,
    file: WantedFile,
    partial: string,
    options: FileDownloadOptions,
  ): Promise<FileDownload> {
    let handle: FileHandle;
    try {
      await mkdir(dirname(partial), { recursive: true });
      const exists = (await stat(partial).catch(() => null)) !== null;
      handle = await open(partial, exists ? 'r+' : 'w+');
    } catch (error) {
      throw writeFailure(error, partial);
    }
    const download = new FileDownload(source, file, partial, handle, options);
    try {
      await download.#takeWhatIsHere();
    } catch (error) {
      await handle.close();
      throw error;
    }
    return download;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  /** One connection. Gives the SHA-256 once the file is whole and right. */
  async attempt(): Promise<string> {
    if (this.present < this.file.size) await this.#fetchRest();
    const found = this.#hasher.digest();
    if (!checksumsAgree(found, this.file)) {
      await this.#startAfresh();
      this.#checksumFailures += 1;
      if (this.#checksumFailures < mostChecksumFailures) throw new TransientError('the checksum does not match');
      const sentence = `${this.file.path} arrived with a wrong checksum ${mostChecksumFailures} times and was deleted. Pull again later, or check HF_ENDPOINT.`;
      throw new DownloadFailedError('CHECKSUM_MISMATCH', sentence);
    }
    await this.handle.sync();
    return found.sha256;
  }

  async #takeWhatIsHere(): Promise<void> {
    const { size } = await this.handle.stat();
    if (size > this.file.size) return this.#startAfresh();
    await readPieces(this.partial, size, (piece) => this.#account(piece), this.options.signal);
    this.options.onBytes?.(this.present);
  }

  async #fetchRest(): Promise<void> {
    const { hub, repo, commit } = this.source;
    const range = this.present > 0 ? { headers: { range: `bytes=${this.present}-` } } : {};
    const { signal } = this.options;
    const path = filePath(repo, commit, this.file.path);
    const reply = await hubRequest(hub, path, { ...range, stallMs: this.options.pacing.stallMs, signal });
    try {
      await this.#agreeOnStart(reply);
      await this.#takeBody(reply);
    } finally {
      reply.body.destroy();
    }
    if (this.present < this.file.size) throw new TransientError('the connection ended early');
  }

  /** Makes sure that the body is the part of the file that is missing, and of the file that was listed. */
  async #agreeOnStart(reply: HubReply): Promise<void> {
    const { hub, repo } = this.source;
    if (reply.status === 416) {
      await this.#startAfresh();
      throw new TransientError('the server has no such part of the file (416)');
    }
    if (reply.status !== 200 && reply.status !== 206) throw refusal(hub, repo, `${repo}/${this.file.path}`, reply);
    this.#refuseOtherContent(reply);
    // A server that ignores the range sends the file from its start.
    if (reply.status === 200) await this.#startAfresh();
    else if (!this.#isMissingPart(reply.headers['content-range'])) {
      await this.#startAfresh();
      throw new TransientError('the server sent another part than was asked for');
    }
    const length = reply.headers['content-length'];
    const missing = this.file.size - this.present;
    if (length !== undefined && Number(length) !== missing) {
      throw new TransientError(`the server announces ${length} bytes where ${missing} are missing`);
    }
  }

  /** The content's identity decides whether parts belong together, as If-Range would; a commit's content is fixed. */
  #refuseOtherContent(reply: HubReply): void {
    const etag = reply.linked.etag ?? '';
    const wanted = etag.length === 64 ? this.file.sha256 : etag.length === 40 ? this.file.gitSha1 : null;
    if (wanted === null || !/^[0-9a-f]+$/.test(etag) || etag === wanted) return;
    const sentence = `${this.file.path} has changed on ${this.source.hub.base.host} since it was listed. Pull again.`;
    throw new DownloadFailedError('FILE_CHANGED', sentence);
  }

  #isMissingPart(contentRange: string | undefined): boolean {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
    return Number(start) === this.present && (total === '*' || Number(total) === this.file.size);
  }

  async #takeBody(reply: HubReply): Promise<void> {
    const pieces = (reply.body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (;;) {
      let next: IteratorResult<Buffer>;
      try {
        next = await pieces.next();
      } catch (error) {
        this.options.signal?.throwIfAborted();
        throw asTransient(error, this.source.hub.base);
      }
      if (next.done) return;
      if (this.present + next.value.length > this.file.size) {
        await this.#startAfresh();
        throw new TransientError('the server sent more bytes than it listed');
      }
      await this.#append(next.value);
    }
  }

  async #append(piece: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < piece.length) {
        const rest = piece.length - written;
        const { bytesWritten } = await this.handle.write(piece, written, rest, this.present + written);
        written += bytesWritten;
      }
    } catch (error) {
      throw writeFailure(error, this.partial);
    }
    this.#account(piece);
    this.options.onBytes?.(this.present);
  }

  #account(piece: Uint8Array): void {
    this.#hasher.update(piece);
    this.present += piece.length;
  }

  async #startAfresh(): Promise<void> {
    await this.handle.truncate(0);
    this.present = 0;
    this.#hasher = this.#freshHasher();
    this.options.onBytes?.(0);
  }

  #freshHasher(): FileHasher {
    return new FileHasher(this.file.size, this.file.sha256 === null);
  }
}
