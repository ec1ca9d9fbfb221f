import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this laptop's lid is closed; null where there is none, or the system does not say (Windows). */
export async function lidClosed(platform: NodeJS.Platform = process.platform, acpi = '/proc/acpi/button/lid'): Promise<boolean | null> {
  try {
    if (platform === 'linux') return await linuxLid(acpi);
    if (platform === 'darwin') return macLid((await run('/usr/sbin/ioreg', ['-r', '-k', 'AppleClamshellState', '-d', '1'])).stdout);
  } catch {
    // A desktop machine has no lid to ask.
  }
  return null;
}

async function linuxLid(folder: string): Promise<boolean | null> {
  const [lid] = await readdir(folder);
  if (lid === undefined) return null;
  return /\bclosed\b/.test(await readFile(join(folder, lid, 'state'), 'utf8'));
}

/** What `ioreg` prints holds `"AppleClamshellState" = Yes` while the lid is closed. */
export function macLid(text: string): boolean | null {
  const said = /"AppleClamshellState"\s*=\s*(Yes|No)/.exec(text)?.[1];
  return said === undefined ? null : said === 'Yes';
}
