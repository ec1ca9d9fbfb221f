import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { isSafeFileName } from './safe-file-name.js';

/** The file that makes a folder of the cache a cached model. */
export const recordFileName = 'hearth-model.json';
/** Held while a pull writes into the folder. */
export const lockFileName = 'hearth-pull.lock';

const recordedFile = z.object({
  /** Relative to the model's folder, forward slashes. */
  path: z.string().refine(isSafeFileName, 'not a safe file name'),
  size: z.number().int().nonnegative(),
  /** Hex SHA-256 of the whole file; null until it is known (small files of a repository are listed without it). */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** Hex SHA-1 of the file as a git blob, where the listing gave it. */
  gitSha1: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  /** Modification time in milliseconds when the checksum last agreed; null before that. */
  checkedMtimeMs: z.number().nullable(),
});

const modelRecord = z.object({
  version: z.literal(1),
  /** What `hearth models ls` shows. */
  name: z.string().min(1),
  format: z.enum(['safetensors', 'gguf']),
  source: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('hugging-face'),
      repo: z.string(),
      revision: z.string(),
      /** The commit that the files are of, or the revision where the server names no commit. */
      commit: z.string(),
    }),
    z.object({ kind: z.literal('imported'), from: z.string() }),
  ]),
  files: z.array(recordedFile).min(1),
  complete: z.boolean(),
});

export type RecordedFile = z.infer<typeof recordedFile>;
/** What `hearth-model.json` says about the files beside it. */
export type ModelRecord = z.infer<typeof modelRecord>;

/** The record of a folder; null where there is none or it does not hold together. */
export async function readRecord(folder: string): Promise<ModelRecord | null> {
  let text: string;
  try {
    text = await readFile(join(folder, recordFileName), 'utf8');
  } catch {
    return null;
  }
  try {
    return modelRecord.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Replaces the record in one step; a crash leaves the old one or the new one. */
export async function writeRecord(folder: string, record: ModelRecord): Promise<void> {
  await writeFileAtomic(join(folder, recordFileName), `${JSON.stringify(modelRecord.parse(record), null, 2)}\n`);
}

/**
 * Where a file grows until it is whole. The name carries the content's identity, so that a partial file of an older
 * revision is never continued with bytes of a newer one.
 */
export function partialPath(folder: string, file: Pick<RecordedFile, 'path' | 'size' | 'sha256' | 'gitSha1'>): string {
  const identity = file.sha256 ?? file.gitSha1 ?? `size${file.size}`;
  return join(folder, `${file.path}.${identity.slice(0, 16)}.partial`);
}
