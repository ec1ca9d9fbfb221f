import { open } from 'node:fs/promises';

/** Returns once the names in a folder outlive a power cut. Rejects where the disk does not take it. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; its renames are journalled.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
