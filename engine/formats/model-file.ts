import { open, type FileHandle } from 'node:fs/promises';
import { ModelUnusableError } from '../errors.js';

/** A model's file, open for reading. It allocates only for bytes that the file is known to hold. */
export class ModelFile {
  private constructor(
    readonly path: string,
    /** Bytes in the file when it was opened. */
    readonly size: number,
    private readonly handle: FileHandle,
  ) {}

  /**
   * Opens `path`, hands it to `use`, and closes it whatever happens.
   * @throws ModelUnusableError MODEL_FILE_MISSING, MODEL_UNREADABLE, and what `use` throws.
   */
  static async with<T>(path: string, use: (file: ModelFile) => Promise<T>): Promise<T> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'r');
      const status = await handle.stat();
      if (!status.isFile()) throw unreadable(path, 'it is not a regular file');
      return await use(new ModelFile(path, status.size, handle));
    } catch (error) {
      throw asModelError(path, error);
    } finally {
      await handle?.close();
    }
  }

  /** Exactly `bytes` bytes from `offset`. @throws ModelUnusableError MODEL_TRUNCATED where the file ends before. */
  async read(offset: number, bytes: number): Promise<Buffer> {
    const end = offset + bytes;
    if (end > this.size) throw truncated(this.path, `it ends at byte ${this.size}, before byte ${end}`);
    const buffer = Buffer.allocUnsafe(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.handle.read(buffer, done, bytes - done, offset + done);
      if (bytesRead === 0) throw truncated(this.path, 'it became shorter while it was read');
      done += bytesRead;
    }
    return buffer;
  }
}

/** A file that lacks bytes its own header, or the format, says it has. */
export function truncated(path: string, reason: string): ModelUnusableError {
  return new ModelUnusableError('MODEL_TRUNCATED', path, reason, 'Download or copy the model again.');
}

function unreadable(path: string, reason: string, cause?: unknown): ModelUnusableError {
  return new ModelUnusableError('MODEL_UNREADABLE', path, reason, 'Check the path and who may read it.', { cause });
}

function asModelError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  // Only failures of the system carry an errno; everything else is a refusal already, or a fault of ours to be seen.
  if (typeof (error as NodeJS.ErrnoException | null)?.errno !== 'number') return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ModelUnusableError('MODEL_FILE_MISSING', path, 'there is no such file', 'Download the model again.', {
      cause: error,
    });
  }
  return unreadable(path, `it cannot be read (${code ?? 'unknown error'})`, error);
}
