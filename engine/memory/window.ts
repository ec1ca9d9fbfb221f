import { kernels, type File, type Loader, type Memory } from '../../native-kernels/index.js';
import type { Block } from '../slices/block.js';
import type { BlockLocation, BlockStore } from './block-store.js';
import { placeBlock, RingPlace, type RowSpan } from './ring.js';
import { pageBytes, pages, type WindowPlan } from './window-plan.js';

/** Where a block's bytes lie on disk: at a multiple of 4096, padded to whole pages. */
export interface BlockFile {
  path: string;
  dataOffset: number;
}

/** Reads of this size reach the disk's rate; smaller ones are made only at a block's end or when space is short. */
const pieceBytes = 4 * 2 ** 20;
const leastPieceBytes = 256 * 2 ** 10;

/**
 * The sliding memory window (paper section 3.3; design section 3): a loader streams the coming blocks into a ring, piece
 * by piece, as soon as bytes are free, while this block computes and while the all-reduce is on the wire. Used bytes are
 * free at once, and files are read past the page cache. Blocks the plan keeps resident are read once.
 */
export class Window implements BlockStore {
  readonly #ring: Memory;
  readonly #residentMemory: Memory;
  readonly #files: (File | null)[] = [];
  readonly #spans: RowSpan[][];
  readonly #residentLocations: (BlockLocation | null)[] = [];
  readonly #loader: Loader;
  /** Places of the blocks on their way or in use, oldest first, in a circle. */
  readonly #places: RingPlace[] = [];
  #oldest = 0;
  #count = 0;
  /** Blocks to be placed next, in order; a pass appends to it. */
  readonly #upcoming: Int32Array;
  #upcomingStart = 0;
  #upcomingCount = 0;
  /** Positions below are free to be written again (one ring's length on). */
  #freeBelow = 0;
  #written = 0;
  #bytesRead = 0;

  constructor(
    private readonly blocks: readonly Block[],
    private readonly layerBlocks: number,
    private readonly plan: WindowPlan,
    private readonly files: readonly BlockFile[],
  ) {
    this.#ring = kernels.allocate(Math.max(pageBytes, plan.ringBytes));
    this.#spans = blocks.map((block) => block.tensors.map(({ offset, bytes, rows }) => ({
      offset, bytes, rowBytes: bytes / rows,
    })));
    const residentBytes = blocks.reduce((sum, block, i) => sum + (plan.resident[i] ? pages(block.bytes) : 0), 0);
    this.#residentMemory = kernels.allocate(Math.max(pageBytes, residentBytes));
    this.#loader = kernels.createLoader();
    for (let i = 0; i < 2 * blocks.length + 2; i++) {
      this.#places.push(new RingPlace({ memory: this.#ring, base: 0, splitAt: Infinity, wrapBase: 0 }));
    }
    this.#upcoming = new Int32Array(2 * blocks.length + 2);
  }

  /** Opens the files, reads the resident blocks, and starts looking ahead to the first pass. */
  async start(onBytes?: (bytes: number) => void): Promise<void> {
    let base = 0;
    for (const [index, block] of this.blocks.entries()) {
      this.#files.push(block.bytes === 0 ? null : kernels.openFile(this.#fileOf(index).path, true));
      if (this.plan.resident[index] !== true || block.bytes === 0) {
        this.#residentLocations.push(null);
        continue;
      }
      this.#residentLocations.push({ memory: this.#residentMemory, base, splitAt: Infinity, wrapBase: 0 });
      await this.#readResident(index, base, onBytes);
      base += pages(block.bytes);
    }
    for (let index = 0; index < this.layerBlocks; index++) this.#expect(index);
    this.#fill();
  }

  startPass(includeOutput: boolean): void {
    if (includeOutput) for (let index = this.layerBlocks; index < this.blocks.length; index++) this.#expect(index);
    for (let index = 0; index < this.layerBlocks; index++) this.#expect(index);
    this.#fill();
  }

  acquire(index: number): Promise<void> | undefined {
    if (!this.#passesRing(index)) return undefined;
    const place = this.#front(index);
    if (place.submitted < place.bytes) throw new Error(`block ${index} does not fit the ring`);
    if (kernels.completed(this.#loader) >= place.ticket) return undefined;
    return kernels.wait(this.#loader, place.ticket);
  }

  location(index: number): BlockLocation {
    return this.#residentLocations[index] ?? this.#front(index).location;
  }

  release(index: number, upTo?: number): void {
    if (!this.#passesRing(index)) return;
    const place = this.#front(index);
    if (upTo !== undefined && upTo < place.bytes) {
      this.#freeBelow = Math.max(this.#freeBelow, place.position(upTo));
    } else {
      this.#freeBelow = place.end;
      this.#oldest = (this.#oldest + 1) % this.#places.length;
      this.#count -= 1;
    }
    this.#fill();
  }

  bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes per second that the disk gave while it was being read. */
  readRate(): number {
    const { bytes, nanoseconds } = kernels.loaderStats(this.#loader);
    return nanoseconds === 0 ? 0 : (bytes / nanoseconds) * 1e9;
  }

  close(): void {
    kernels.closeLoader(this.#loader);
    for (const file of this.#files) if (file !== null) kernels.closeFile(file);
    kernels.free(this.#ring);
    kernels.free(this.#residentMemory);
  }

  #passesRing(index: number): boolean {
    return this.#residentLocations[index] === null && this.#bytesOf(index) > 0;
  }

  #expect(index: number): void {
    if (!this.#passesRing(index)) return;
    const slot = (this.#upcomingStart + this.#upcomingCount) % this.#upcoming.length;
    this.#upcoming[slot] = index;
    this.#upcomingCount += 1;
  }

  /** Hands the loader every piece there is room for, oldest block first. */
  #fill(): void {
    // Whole pages are written, so a page that is still in use in part is not free.
    const limit = Math.floor(this.#freeBelow / pageBytes) * pageBytes + this.plan.ringBytes;
    for (let i = 0; i < this.#count; i++) {
      if (!this.#submit(this.#placeAt(i), limit)) return;
    }
    while (this.#upcomingCount > 0 && this.#written < limit && this.#count < this.#places.length) {
      const index = this.#upcoming[this.#upcomingStart] ?? 0;
      const place = this.#placeAt(this.#count);
      placeBlock(place, index, this.#bytesOf(index), this.#spans[index] ?? [], this.#written, this.plan.ringBytes);
      this.#written = place.end;
      this.#upcomingStart = (this.#upcomingStart + 1) % this.#upcoming.length;
      this.#upcomingCount -= 1;
      this.#count += 1;
      if (!this.#submit(place, limit)) return;
    }
  }

  /** Submits what fits below `limit`; true when the block is on its way as a whole. */
  #submit(place: RingPlace, limit: number): boolean {
    const room = place.bytesBelow(limit);
    while (place.submitted < place.bytes) {
      const { splitAt } = place.location;
      const segmentEnd = place.submitted < splitAt ? Math.min(splitAt, place.bytes) : place.bytes;
      let end = Math.min(segmentEnd, (Math.floor(place.submitted / pieceBytes) + 1) * pieceBytes);
      if (end > room) {
        end = Math.floor(room / pageBytes) * pageBytes;
        if (end - place.submitted < leastPieceBytes) return false;
      }
      this.#read(place, end);
    }
    return true;
  }

  #read(place: RingPlace, end: number): void {
    const from = place.submitted;
    const { location } = place;
    const address = from < location.splitAt ? location.base + from : location.wrapBase + (from - location.splitAt);
    // The file is padded, so a block's last page can be read whole, straight into place.
    const bytes = (end === place.bytes ? pages(end) : end) - from;
    const file = this.#files[place.index] ?? null;
    if (file === null) throw new RangeError(`no file for block ${place.index}`);
    const offset = this.#fileOf(place.index).dataOffset + from;
    place.ticket = kernels.submit(this.#loader, file, offset, bytes, this.#ring, address);
    place.submitted = end;
    this.#bytesRead += end - from;
  }

  async #readResident(index: number, base: number, onBytes?: (bytes: number) => void): Promise<void> {
    const total = pages(this.#bytesOf(index));
    const file = this.#files[index] ?? null;
    if (file === null) return;
    for (let from = 0; from < total; from += pieceBytes) {
      const bytes = Math.min(pieceBytes, total - from);
      const offset = this.#fileOf(index).dataOffset + from;
      await kernels.wait(
        this.#loader, kernels.submit(this.#loader, file, offset, bytes, this.#residentMemory, base + from),
      );
      this.#bytesRead += bytes;
      onBytes?.(bytes);
    }
  }

  #placeAt(i: number): RingPlace {
    const place = this.#places[(this.#oldest + i) % this.#places.length];
    if (place === undefined) throw new RangeError('the ring has no place left');
    return place;
  }

  #front(index: number): RingPlace {
    const place = this.#placeAt(0);
    if (this.#count === 0 || place.index !== index) throw new Error(`block ${index} is not next in the window`);
    return place;
  }

  #bytesOf(index: number): number {
    return this.blocks[index]?.bytes ?? 0;
  }

  #fileOf(index: number): BlockFile {
    const file = this.files[index];
    if (file === undefined) throw new RangeError(`no file for block ${index}`);
    return file;
  }
}
