import type { ProgressMeter } from '../report/progress.js';
import type { SliceFile } from './slice-listing.js';

/** Works on at most `most` files at a time; the first failure stops the others. */
export async function inFlight(
  files: readonly SliceFile[], most: number, fetchOne: (file: SliceFile, stop: AbortSignal) => Promise<void>, signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) stop.abort();
  const queue = files.values();
  let failure: unknown;
  const work = async (): Promise<void> => {
    try {
      for (const file of queue) await fetchOne(file, stop.signal);
    } catch (error) {
      failure ??= error;
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: most }, work));
  signal?.removeEventListener('abort', onAbort);
  if (failure !== undefined) throw failure as Error;
}

/** Bytes that are there, file by file, shown as one progress. */
export class FileProgress {
  readonly #files = new Map<string, number>();
  #sum = 0;

  constructor(private readonly meter: ProgressMeter) {}

  set(name: string, bytes: number): void {
    this.#sum += bytes - (this.#files.get(name) ?? 0);
    this.#files.set(name, bytes);
    this.meter.update(this.#sum);
  }
}
