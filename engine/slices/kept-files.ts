import { copyFile, link, readFile, rename, rm, stat } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import { isWhole } from './slice-file-fetch.js';
import { manifestName, parseSliceListing, type SliceFile } from './slice-listing.js';

/** Block files of whole slices on this disk, by what they hold. */
export class KeptFiles {
  #paths = new Map<string, string>();

  /** @param folders gives the slices' folders; those without a manifest count for nothing. */
  constructor(private readonly folders: () => Promise<readonly string[]>) {}

  /** As {@link known}; looks at the disk again when it knows none. */
  async find(sha256: string): Promise<string | null> {
    const known = await this.known(sha256);
    if (known !== null) return known;
    await this.look();
    return this.known(sha256);
  }

  /** The path of a file of this checksum and, if given, size, as far as the last look went. */
  async known(sha256: string, bytes?: number): Promise<string | null> {
    const path = this.#paths.get(sha256);
    const info = path === undefined ? null : await stat(path).catch(() => null);
    return path !== undefined && info !== null && (bytes === undefined || info.size === bytes) ? path : null;
  }

  /** Reads the manifests of all folders. */
  async look(): Promise<void> {
    const paths = new Map<string, string>();
    for (const folder of await this.folders()) {
      for (const { name, sha256 } of await filesOf(folder)) paths.set(sha256, join(folder, name));
    }
    this.#paths = paths;
  }
}

async function filesOf(folder: string): Promise<readonly SliceFile[]> {
  try {
    return parseSliceListing(await readFile(join(folder, manifestName), 'utf8')).files;
  } catch {
    // None, or none that this version understands: its files cannot be told.
    return [];
  }
}

/**
 * Gives `folder` the file that lies at `path` already: the same bytes under a second name where the disk can do that, else a
 * copy. False where its content is not what its checksum says.
 */
export async function adoptFile(path: string, folder: string, file: SliceFile, signal?: AbortSignal): Promise<boolean> {
  const partial = join(folder, `${file.name}.partial`);
  await rm(partial, { force: true });
  await linkOrCopy(path, partial);
  if (!(await isWhole(folder, { ...file, name: `${file.name}.partial` }, signal))) {
    await rm(partial, { force: true });
    return false;
  }
  await rename(partial, join(folder, file.name));
  return true;
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
