import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import type { CachedModel } from './cached-model.js';
import { FileHasher, readPieces } from './file-checksum.js';
import { writeRecord, type RecordedFile } from './model-record.js';

export interface CheckOptions {
  /** Skip files whose size and modification time are as they were when their checksum last agreed. */
  trustUnchanged?: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * Reads a cached model's files and compares them with their recorded checksums. Gives the names of the files that are
 * missing or differ; a model without a record has nothing to compare with and gives none.
 */
export async function checkModel(model: CachedModel, options: CheckOptions = {}): Promise<string[]> {
  const record = model.record;
  if (record === null) return [];
  const meter = new ProgressMeter(`Checking ${model.name}`, model.totalBytes, options.onProgress);
  const damaged: string[] = [];
  let refreshed = false;
  let done = 0;
  for (const file of record.files) {
    const path = join(model.entry, file.path);
    const mtimeMs = await unchangedSince(path, file);
    if (!(options.trustUnchanged && mtimeMs !== null && mtimeMs === file.checkedMtimeMs)) {
      const advance = (bytes: number): void => meter.update(done + bytes);
      if (mtimeMs === null || !(await fileMatches(path, file, advance, options.signal))) damaged.push(file.path);
      else if (mtimeMs !== file.checkedMtimeMs) {
        file.checkedMtimeMs = mtimeMs;
        refreshed = true;
      }
    }
    done += file.size;
  }
  // A read-only cache is still a good cache: the next check only takes longer.
  if (refreshed && damaged.length === 0) await writeRecord(model.entry, record).catch(() => undefined);
  return damaged;
}

/** True if the file's content is what `file` says. */
export async function fileMatches(
  path: string,
  file: Pick<RecordedFile, 'size' | 'sha256' | 'gitSha1'>,
  advance: (bytes: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  const hasher = new FileHasher(file.size, file.sha256 === null);
  let bytes = 0;
  const take = (piece: Uint8Array): void => {
    hasher.update(piece);
    bytes += piece.length;
    advance(bytes);
  };
  await readPieces(path, file.size, take, signal);
  return bytes === file.size && checksumsAgree(hasher.digest(), file);
}

/** Compares with the strongest checksum that is known. */
export function checksumsAgree(
  found: { sha256: string; gitSha1: string | null },
  wanted: Pick<RecordedFile, 'sha256' | 'gitSha1'>,
): boolean {
  if (wanted.sha256 !== null) return found.sha256 === wanted.sha256;
  return wanted.gitSha1 === null || found.gitSha1 === wanted.gitSha1;
}

/** The modification time of a file of the recorded size; null if it is missing or of another size. */
async function unchangedSince(path: string, file: RecordedFile): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() && info.size === file.size ? info.mtimeMs : null;
}
