import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFailure } from './disk-space.js';
import { FileHasher, readPieces } from './file-checksum.js';

/** A file that grows from its start, and the checksum of what is in it so far; the two always agree. */
export class PartialFile {
  /** Bytes of the file that are here. */
  present = 0;
  #hasher: FileHasher;

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    /** Bytes of the whole file. */
    private readonly size: number,
    private readonly git: boolean,
  ) {
    this.#hasher = new FileHasher(size, git);
  }

  /** Opens what is there already and reads it through, or begins. `git`: count the checksum of a git blob too. */
  static async open(path: string, size: number, git: boolean, signal?: AbortSignal): Promise<PartialFile> {
    let handle: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true });
      const exists = (await stat(path).catch(() => null)) !== null;
      handle = await open(path, exists ? 'r+' : 'w+');
    } catch (error) {
      throw writeFailure(error, path);
    }
    const partial = new PartialFile(path, handle, size, git);
    try {
      await partial.#takeWhatIsHere(signal);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return partial;
  }

  /** @throws DownloadFailedError if the disk does not take the piece; the file then ends before it. */
  async append(piece: Uint8Array): Promise<void> {
    let written = 0;
    try {
      while (written < piece.length) {
        const rest = piece.length - written;
        const { bytesWritten } = await this.handle.write(piece, written, rest, this.present + written);
        written += bytesWritten;
      }
    } catch (error) {
      throw writeFailure(error, this.path);
    }
    this.#account(piece);
  }

  async startAfresh(): Promise<void> {
    await this.handle.truncate(0);
    this.present = 0;
    this.#hasher = new FileHasher(this.size, this.git);
  }

  /** Of everything that is here; once, unless the file is started afresh. */
  digest(): { sha256: string; gitSha1: string | null } {
    return this.#hasher.digest();
  }

  /** Waits until the bytes are on the disk. */
  async flush(): Promise<void> {
    await this.handle.sync().catch((error: unknown) => {
      throw writeFailure(error, this.path);
    });
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  async #takeWhatIsHere(signal?: AbortSignal): Promise<void> {
    const { size } = await this.handle.stat();
    if (size > this.size) return this.startAfresh();
    await readPieces(this.path, size, (piece) => this.#account(piece), signal);
  }

  #account(piece: Uint8Array): void {
    this.#hasher.update(piece);
    this.present += piece.length;
  }
}
