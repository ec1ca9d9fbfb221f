import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a socket's path may have on every system. Bytes. */
const mostBytes = 100;

/**
 * Where commands of this laptop find the node that runs in `folder`: a socket in it that only its owner can open; on Windows
 * a named pipe. Where the folder's own path is too long for a socket, it lies in a folder of the system's temporary one.
 */
export function nodeSocketPath(folder: string, platform: NodeJS.Platform = process.platform): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  if (platform === 'win32') return `\\\\.\\pipe\\hearth-${name}`;
  const inside = join(folder, 'node.sock');
  return Buffer.byteLength(inside) <= mostBytes ? inside : join(tmpdir(), `hearth-${name}`, 'node.sock');
}

/** Makes the folder of a socket, its owner's alone. */
export async function makeSocketFolder(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform !== 'win32') await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}
