import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';

/** Flips one bit near the end of a file; its size stays. */
export function damage(path: string): void {
  const at = statSync(path).size - 1;
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
  closeSync(file);
}
