import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { ClusterFailedError, WrongUseError } from '../errors.js';
import { homeChangeShape, type HomeChange } from '../wire/home-change.js';
import { agree, joinLists, maxChanges, newChanges, sameList, type HomeList } from './home-list.js';

const fileName = 'home.json';
const writeAttempts = 5;
const stored = z.strictObject({ format: z.literal(1), changes: z.array(homeChangeShape).max(maxChanges) });

export function homeFile(folder: string): string {
  return join(folder, fileName);
}

/**
 * The changes stored in `folder`; none when there is no file. A file that is damaged, or holds a change that nobody
 * signed, is set aside under another name, with one line to `onNotice`.
 * Throws WrongUseError HOME_UNREADABLE.
 */
export async function readHomeFile(folder: string, onNotice: (line: string) => void): Promise<HomeChange[]> {
  const file = homeFile(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    const why = (error as Error).message;
    const sentence = `${file}: the list of paired laptops cannot be read (${why}).`;
    throw new WrongUseError('HOME_UNREADABLE', sentence, { cause: error });
  }
  try {
    return newChanges(joinLists(), stored.parse(JSON.parse(text)).changes);
  } catch {
    const aside = `${file}.damaged-${Math.floor((await stat(file)).mtimeMs)}`;
    await rename(file, aside);
    onNotice(
      `The list of paired laptops was damaged and is now ${aside}. Put back a copy as ${fileName}, or pair again.`,
    );
    return [];
  }
}

/**
 * Stores what this process knows and returns it together with what other processes of this device stored meanwhile:
 * after each writing the file is read again, until both agree.
 * Throws WrongUseError HOME_UNWRITABLE or ClusterFailedError HOME_BUSY.
 */
export async function storeHome(
  folder: string, list: HomeList, deviceId: string, onNotice: (line: string) => void,
): Promise<HomeList> {
  let known = list;
  for (let attempt = 0; attempt < writeAttempts; attempt += 1) {
    await writeHomeFile(folder, known.values());
    const stored = joinLists(await readHomeFile(folder, onNotice));
    known = agree(stored, known, deviceId);
    if (sameList(stored, known)) return known;
  }
  throw new ClusterFailedError('HOME_BUSY', 'Another Hearth keeps changing the list of paired laptops. Try again.');
}

/** Writes all changes in one piece. */
async function writeHomeFile(folder: string, changes: Iterable<HomeChange>): Promise<void> {
  const file = homeFile(folder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ format: 1, changes: [...changes] }, undefined, 1);
    await writeFileAtomic(file, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    const why = (error as Error).message;
    const sentence = `${file}: the list of paired laptops cannot be stored (${why}).`;
    throw new WrongUseError('HOME_UNWRITABLE', sentence, { cause: error });
  }
}
