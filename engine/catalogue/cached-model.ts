import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { partialPath, readRecord, type ModelRecord } from './model-record.js';

/** A model of the cache, as `hearth models ls` shows it. */
export interface CachedModel {
  name: string;
  format: 'safetensors' | 'gguf';
  /** As config.json or the GGUF's file name says it, e.g. `bfloat16`, `Q4_K_M`; null where neither does. */
  dtype: string | null;
  /** What the engine opens: a folder, or one GGUF file. */
  path: string;
  /** What `models rm` deletes: the entry of the models folder. */
  entry: string;
  /** Of the whole model, and of what is here already. */
  totalBytes: number;
  presentBytes: number;
  complete: boolean;
  /** Null for a model that somebody put into the folder by hand: it has no checksums. */
  record: ModelRecord | null;
}

const quantisation = /(?:^|[-._])((?:I?Q\d(?:_[A-Z0-9]+)*|BF16|F16|F32|FP16|FP32))(?=$|[-._])/i;

/** The quantisation that a GGUF file's name carries, upper case, e.g. `Q4_K_M`; null if none. */
export function quantisationOf(file: string): string | null {
  const stem = file.replace(/^.*\//, '').replace(/\.gguf$/i, '');
  return quantisation.exec(stem)?.[1]?.toUpperCase() ?? null;
}

/** What one entry of the models folder holds; null if it is no model. */
export async function readCachedModel(folder: string, entry: string): Promise<CachedModel | null> {
  const path = join(folder, entry);
  const info = await stat(path).catch(() => null);
  if (info === null || entry.startsWith('.')) return null;
  if (info.isFile()) return entry.toLowerCase().endsWith('.gguf') ? placedFile(path, entry, info.size) : null;
  const record = await readRecord(path);
  if (record !== null) return recordedModel(path, record);
  return placedFolder(path, entry);
}

async function recordedModel(folder: string, record: ModelRecord): Promise<CachedModel> {
  let totalBytes = 0;
  let presentBytes = 0;
  let whole = record.complete;
  for (const file of record.files) {
    totalBytes += file.size;
    const size = await sizeOf(join(folder, file.path));
    if (size !== file.size) whole = false;
    presentBytes += size === file.size ? size : Math.min(file.size, (await sizeOf(partialPath(folder, file))) ?? 0);
  }
  const weights = record.files.find((file) => file.path.toLowerCase().endsWith('.gguf'))?.path ?? '';
  const gguf = record.format === 'gguf';
  return {
    name: record.name,
    format: record.format,
    dtype: gguf ? quantisationOf(weights) : await dtypeOfConfig(folder),
    path: gguf ? join(folder, weights) : folder,
    entry: folder,
    totalBytes,
    presentBytes,
    complete: whole,
    record,
  };
}

function placedFile(path: string, name: string, bytes: number): CachedModel {
  const sizes = { totalBytes: bytes, presentBytes: bytes, complete: true };
  return { name, format: 'gguf', dtype: quantisationOf(name), path, entry: path, ...sizes, record: null };
}

async function placedFolder(folder: string, name: string): Promise<CachedModel | null> {
  const files: string[] = await readdir(folder).catch(() => []);
  const ggufs = files.filter((file) => file.toLowerCase().endsWith('.gguf'));
  const weights = files.filter((file) => file.endsWith('.safetensors'));
  const only = ggufs[0];
  if (files.includes('config.json') && weights.length > 0) {
    const bytes = await totalSize(folder, weights);
    const sizes = { totalBytes: bytes, presentBytes: bytes, complete: true };
    const dtype = await dtypeOfConfig(folder);
    return { name, format: 'safetensors', dtype, path: folder, entry: folder, ...sizes, record: null };
  }
  if (only === undefined || ggufs.length !== 1) return null;
  return { ...placedFile(join(folder, only), name, await totalSize(folder, ggufs)), entry: folder };
}

async function totalSize(folder: string, files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += (await sizeOf(join(folder, file))) ?? 0;
  return bytes;
}

async function sizeOf(file: string): Promise<number | null> {
  const info = await stat(file).catch(() => null);
  return info?.isFile() ? info.size : null;
}

async function dtypeOfConfig(folder: string): Promise<string | null> {
  try {
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    if (typeof config !== 'object' || config === null) return null;
    const dtype = (config as Record<string, unknown>)['dtype'] ?? (config as Record<string, unknown>)['torch_dtype'];
    return typeof dtype === 'string' ? dtype : null;
  } catch {
    return null;
  }
}
