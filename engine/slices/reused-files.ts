import { link, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from './block.js';
import { partialFolder, removePartial } from './partial-folder.js';
import { isWhole } from './slice-file-fetch.js';
import { readManifest, type SliceFileEntry } from './slice-manifest.js';

/**
 * Block files that other slices of the same model have: of the same tensors, types, rows and columns. They are held under a
 * second name each, so that they stay while the slices they came from are replaced.
 */
export class ReusedFiles {
  private constructor(
    private readonly folder: string,
    private readonly entries: ReadonlyMap<string, SliceFileEntry>,
  ) {}

  /**
   * Looks through `folders` for files of `blocks`. What the disk cannot hold under a second name is left out. `verify`
   * also compares contents with their SHA-256. To be given back with {@link close}.
   */
  static async gather(
    parent: string, folders: readonly string[], fingerprint: string, blocks: readonly Block[],
    options: { verify?: boolean; signal?: AbortSignal },
  ): Promise<ReusedFiles> {
    const wanted = new Set(blocks.map(blockKey));
    const entries = new Map<string, SliceFileEntry>();
    const reused = new ReusedFiles(partialFolder(join(parent, 'reused')), entries);
    try {
      for (const from of folders) {
        const manifest = await readManifest(from);
        if (manifest === null || manifest.source.fingerprint !== fingerprint) continue;
        for (const entry of manifest.files) {
          const key = blockKey(entry.block);
          if (!wanted.has(key) || entries.has(key) || !(await isUsable(from, entry, options))) continue;
          await mkdir(reused.folder, { recursive: true });
          if (await isLinked(join(from, entry.name), join(reused.folder, entry.sha256))) entries.set(key, entry);
        }
      }
      return reused;
    } catch (error) {
      await reused.close();
      throw error;
    }
  }

  /** The bytes of the file that a block need not be cut for; 0 where it has to be. */
  bytesFor(block: Block): number {
    return this.entries.get(blockKey(block))?.bytes ?? 0;
  }

  /** Puts the file of a block into a slice's folder; null where it has to be cut. */
  async place(block: Block, folder: string): Promise<SliceFileEntry | null> {
    const entry = this.entries.get(blockKey(block));
    if (entry === undefined) return null;
    await link(join(this.folder, entry.sha256), join(folder, entry.name));
    return entry;
  }

  async close(): Promise<void> {
    await removePartial(this.folder);
  }
}

/** What a block holds, in one order of words whatever object it is. */
function blockKey({ name, bytes, tensors }: Block): string {
  return JSON.stringify([name, bytes, ...tensors.map((tensor) => [
    tensor.name, tensor.dtype, tensor.rows, tensor.cols, tensor.offset, tensor.bytes, tensor.rowStart, tensor.colStart,
  ])]);
}

async function isUsable(
  folder: string, entry: SliceFileEntry, { verify, signal }: { verify?: boolean; signal?: AbortSignal },
): Promise<boolean> {
  if (verify === true) return isWhole(folder, entry, signal);
  return (await stat(join(folder, entry.name)).catch(() => null))?.size === entry.bytes;
}

/** False where the disk knows no second names, or has the file elsewhere. */
async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
