import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** What a file's content hashes to, lower-case hex. */
export interface Checksums {
  sha256: string;
  /** As `git hash-object` counts it: SHA-1 over `blob <size>\0` and the content. */
  gitSha1: string;
}

/** Takes a file's bytes in order and gives both checksums at its end. */
export class FileHasher {
  readonly #sha256: Hash = createHash('sha256');
  readonly #gitSha1: Hash | null;

  /** `size` is that of the whole file. Large files are never small git blobs: pass `git: false` to spare the work. */
  constructor(size: number, git: boolean) {
    this.#gitSha1 = git ? createHash('sha1').update(`blob ${size}\0`) : null;
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#gitSha1?.update(bytes);
  }

  digest(): { sha256: string; gitSha1: string | null } {
    return { sha256: this.#sha256.digest('hex'), gitSha1: this.#gitSha1?.digest('hex') ?? null };
  }
}

/** Feeds the first `bytes` bytes of a file to `take`, in pieces; stops early if the file is shorter or on abort. */
export async function readPieces(
  file: string,
  bytes: number,
  take: (piece: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    let done = 0;
    while (done < bytes) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - done), done);
      if (bytesRead === 0) return;
      take(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
