import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { WrongUseError } from '../errors.js';
import { homeChangeShape, type HomeChange } from '../wire/home-change.js';
import { joinLists, maxChanges, newChanges } from './home-list.js';

const fileName = 'home.json';
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
    throw new WrongUseError('HOME_UNREADABLE', sentence, { cause: error, values: { file } });
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

/** Writes all changes in one piece. Throws WrongUseError HOME_UNWRITABLE. */
export async function writeHomeFile(folder: string, changes: Iterable<HomeChange>): Promise<void> {
  const file = homeFile(folder);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ format: 1, changes: [...changes] }, undefined, 1);
    await writeFileAtomic(file, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    const why = (error as Error).message;
    const sentence = `${file}: the list of paired laptops cannot be stored (${why}).`;
    throw new WrongUseError('HOME_UNWRITABLE', sentence, { cause: error, values: { file } });
  }
}
