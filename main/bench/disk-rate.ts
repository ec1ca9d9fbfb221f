import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { readingSeconds } from '../../engine/report/disk-rate.js';

/** Bytes per second that a disk gives: to `dd`, one or four at once, and to a reader of our own that does nothing else. */
export interface DiskRates {
  dd: number;
  ddFour: number;
  alone: number;
}

/** Reads different files for each figure, past the page cache, in pieces of 4 MiB. */
export async function diskRates(files: readonly string[]): Promise<DiskRates> {
  const third = Math.ceil(files.length / 3);
  const [a, b, c] = [files.slice(0, third), files.slice(third, 2 * third), files.slice(2 * third)];
  return { dd: await ddRate(a, 1), ddFour: await ddRate(b, 4), alone: await ownRate(c) };
}

async function ownRate(files: readonly string[]): Promise<number> {
  const ranges = await Promise.all(files.map(async (path) => ({ path, offset: 0, bytes: (await stat(path)).size })));
  return ranges.reduce((sum, { bytes }) => sum + bytes, 0) / (await readingSeconds(ranges));
}

async function ddRate(files: readonly string[], atOnce: number): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  const waiting = [...files];
  const started = performance.now();
  const readSome = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await readPastCache(file);
  };
  await Promise.all(Array.from({ length: atOnce }, readSome));
  return (bytes / (performance.now() - started)) * 1000;
}

function readPastCache(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('dd', [`if=${file}`, 'of=/dev/null', 'bs=4M', 'iflag=direct', 'status=none'], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`dd could not read ${file}`))));
  });
}
