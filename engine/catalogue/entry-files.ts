import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFileName } from './model-record.js';

export interface FileOfEntry {
  /** Relative to the entry; empty where the entry is the file. */
  path: string;
  size: number;
}

/** The files of an entry of the models folder, itself if it is one, but for its lock; none if it is not there. */
export async function filesOf(entry: string): Promise<FileOfEntry[]> {
  const info = await stat(entry).catch(() => null);
  if (info === null) return [];
  if (!info.isDirectory()) return [{ path: '', size: info.size }];
  const files: FileOfEntry[] = [];
  for (const { name } of await readdir(entry, { withFileTypes: true })) {
    if (name === lockFileName) continue;
    for (const { path, size } of await filesOf(join(entry, name))) files.push({ path: join(name, path), size });
  }
  return files;
}
