import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Why no small disk can be made here; null when it can. */
export const smallDiskMissing = process.platform === 'linux' && process.getuid?.() === 0 ? null : 'mounting a small disk needs root on Linux';

const mounted = new Set<string>();

/** A disk of its own at `folder`. `options` are those of tmpfs: `size=64k`, `nr_inodes=6`. */
export function mountSmallDisk(folder: string, options: string): string {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  mounted.add(folder);
  return folder;
}

export function unmountSmallDisks(): void {
  for (const folder of mounted) execFileSync('umount', ['--lazy', folder]);
  mounted.clear();
}
