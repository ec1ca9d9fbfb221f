import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

const fileName = 'paused.json';

/** Whether the laptop of this folder was paused when its helper ended; a file that says nothing usable pauses nobody. */
export async function wasPaused(folder: string): Promise<boolean> {
  try {
    return JSON.parse(await readFile(join(folder, fileName), 'utf8')) === true;
  } catch {
    return false;
  }
}

/** Keeps, for the helper's next start, whether the laptop is paused. Rejects with the system's error where it cannot. */
export async function keepPaused(folder: string, paused: boolean): Promise<void> {
  if (!paused) return rm(join(folder, fileName), { force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(folder, fileName), 'true\n', { mode: 0o600 });
}
