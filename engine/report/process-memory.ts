import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { kernels } from '../../native-kernels/index.js';
import { textOfFile } from './text-of-file.js';

/** The most memory this process had resident since its start or the last {@link resetPeakRss}, in bytes. */
export function peakRssBytes(): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(textOfFile('/proc/self/status'));
  return line?.[1] === undefined ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024;
}

/**
 * Gives back what is used no more: a program that has just started, read a tokenizer, or fetched weights keeps tens of
 * megabytes of garbage and of freed blocks otherwise. Takes about 50 ms.
 */
export async function giveBackUnused(): Promise<void> {
  const inspector = new Session();
  inspector.connect();
  await new Promise<void>((done) => inspector.post('HeapProfiler.collectGarbage', () => done()));
  inspector.disconnect();
  kernels.trimHeap();
}

/** What this process has resident once it has given back what it uses no more, in bytes. */
export async function settledRss(): Promise<number> {
  await giveBackUnused();
  return process.memoryUsage.rss();
}

/** Counts the peak from now on, where the system can: what slicing needed is no part of what answering needs. */
export function resetPeakRss(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak includes what came before.
  }
}
