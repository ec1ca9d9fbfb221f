import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isProcessAlive } from '../report/process-alive.js';
import { syncFolder } from '../report/sync-folder.js';
import { manifestName } from './slice-manifest.js';

/** A writer adds a file to its folder far more often than this; a folder left alone for longer has none. */
const abandonedMs = 3_600_000;

/** What this process is writing now. */
const ours = new Set<string>();

/**
 * Gives `fill` a new folder beside `folder`, and puts it in its place in one step when `fill` is done. Whatever happens, a
 * folder under the final name is whole, or has no manifest.
 */
export async function fillFolder(folder: string, fill: (partial: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const partial = partialFolder(folder);
  try {
    await mkdir(partial);
    await fill(partial);
    await install(partial, folder);
  } finally {
    await removePartial(partial);
  }
}

/** The path of a folder beside `folder` that this process is going to fill. To be given back with {@link removePartial}. */
export function partialFolder(folder: string): string {
  // The name says which process writes, so that leftovers can be told.
  const partial = `${folder}.partial-${process.pid}-${randomUUID().slice(0, 8)}`;
  ours.add(partial);
  return partial;
}

export async function removePartial(partial: string): Promise<void> {
  await rm(partial, { recursive: true, force: true });
  ours.delete(partial);
}

/** Writes a file and returns once it is on disk. */
export async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what killed processes left in the parent of node folders. What a living process writes stays. */
export async function clearLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = /^(?:node_\d+|reused)\.partial-(\d+)-[0-9a-f]+$/.exec(name)?.[1];
    const path = join(parent, name);
    if (pid !== undefined && (await isAbandoned(path, Number(pid)))) await rm(path, { recursive: true, force: true });
  }
}

/** An older slice in the way loses its manifest first, so that at no moment a mixture looks whole. */
async function install(partial: string, folder: string): Promise<void> {
  await syncFolder(partial);
  await rm(join(folder, manifestName), { force: true });
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  await syncFolder(dirname(folder));
}

async function isAbandoned(path: string, pid: number): Promise<boolean> {
  if (pid === process.pid) return !ours.has(path);
  if (!isProcessAlive(pid)) return true;
  // The number may belong to another process by now.
  const info = await stat(path).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > abandonedMs;
}
