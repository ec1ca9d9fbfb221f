import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Share } from './block.js';
import { manifestName, readManifest } from './slice-manifest.js';

/** Partitions of one model whose slices stay on a helper's disk; a home changes between a few. */
const partitionsKept = 3;

/** A fetch that nobody went on with for so long never will be. */
const abandonedMs = 7 * 24 * 3_600_000;

/** What a kept slice is a part of. */
export interface KeptPartition {
  fingerprint: string;
  /** The type asked for, or `stored`. */
  dtype: string;
  shares: readonly Share[];
}

/**
 * Where a helper keeps the slice of `rank`: `<root>/<hash of model, type and partition>/node_<rank>`, so that a run with
 * another split has a folder of its own.
 */
export function keptSliceFolder(root: string, { fingerprint, dtype, shares }: KeptPartition, rank: number): string {
  // What the master says becomes part of no path: only a hash of it does.
  const split = createHash('sha256').update(JSON.stringify([fingerprint, dtype, shares])).digest('hex');
  return join(root, split.slice(0, 32), `node_${rank}`);
}

/** Every node's folder under `root`, whole or not. */
export async function keptFolders(root: string): Promise<string[]> {
  const splits = await foldersIn(root);
  return (await Promise.all(splits.map(nodeFolders))).flat();
}

/** The folders of single nodes in the folder of one partition. */
export async function nodeFolders(split: string): Promise<string[]> {
  return (await foldersIn(split)).filter((folder) => /node_\d+$/.test(folder));
}

/**
 * Keeps kept slices from growing without bound. The rule: of each model the three partitions used last stay (a manifest's
 * time is that of its last use), the one of `inUse` always does; of what was never finished, that which somebody worked
 * on within a week.
 */
export async function pruneKept(root: string, inUse: string): Promise<void> {
  const splits = (await foldersIn(root)).filter((split) => split !== dirname(inUse));
  const models = new Map<string, { split: string; used: number }[]>();
  const own = (await readManifest(inUse))?.source.fingerprint;
  for (const split of splits) {
    const { fingerprint, used } = await lastUse(split);
    if (fingerprint !== null) models.set(fingerprint, [...(models.get(fingerprint) ?? []), { split, used }]);
    else if (Date.now() - used > abandonedMs) await rm(split, { recursive: true, force: true });
  }
  for (const [fingerprint, kept] of models) {
    const most = fingerprint === own ? partitionsKept - 1 : partitionsKept;
    for (const { split } of kept.sort((a, b) => b.used - a.used).slice(most)) await forget(split);
  }
}

/** Whose slices a partition's folder holds, null where none is whole, and when one was used last (ms since 1970). */
async function lastUse(split: string): Promise<{ fingerprint: string | null; used: number }> {
  let fingerprint: string | null = null;
  let used = (await stat(split).catch(() => null))?.mtimeMs ?? 0;
  for (const folder of await nodeFolders(split)) {
    const manifest = await readManifest(folder);
    fingerprint ??= manifest?.source.fingerprint ?? null;
    const info = await stat(manifest === null ? folder : join(folder, manifestName)).catch(() => null);
    used = Math.max(used, info?.mtimeMs ?? 0);
  }
  return { fingerprint, used };
}

/** Manifests go first, so that at no moment what is left looks whole. */
async function forget(split: string): Promise<void> {
  for (const folder of await nodeFolders(split)) await rm(join(folder, manifestName), { force: true });
  await rm(split, { recursive: true, force: true });
}

async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
}
