import { ProgressMeter, type Progress } from '../report/progress.js';
import { manifestName, type SliceListing } from './slice-listing.js';

/** How much of each rank's slice went out. What a worker had already is counted when it asks for the rest. */
export class SentProgress {
  readonly #ranks = new Map<number, { meter: ProgressMeter; files: Map<string, number> }>();

  constructor(private readonly show: ((rank: number, progress: Progress) => void) | undefined) {}

  add(rank: number, listing: SliceListing, name: string, doneBytes: number): void {
    const { show } = this;
    if (show === undefined || name === manifestName) return;
    const total = listing.files.reduce((sum, { bytes }) => sum + bytes, 0);
    const own = this.#ranks.get(rank) ?? {
      meter: new ProgressMeter(`Sending node ${rank} its slice`, total, (progress) => show(rank, progress)),
      files: new Map<string, number>(),
    };
    this.#ranks.set(rank, own);
    own.files.set(name, doneBytes);
    own.meter.update([...own.files.values()].reduce((sum, bytes) => sum + bytes, 0));
  }
}
