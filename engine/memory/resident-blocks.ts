import { kernels, type Memory } from '../../native-kernels/index.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import type { Block } from '../slices/block.js';
import type { BlockLocation, BlockStore } from './block-store.js';

/** Reads a block's weights, converted and cut as its layout says, into addon memory. */
export interface BlockSource {
  readBlock(block: Block, memory: Memory, offset: number, onBytes?: (bytes: number) => void): void;
  close(): void;
}

/** Blocks start on a cache line. */
const alignment = 64;

/** Bytes that {@link ResidentBlocks} allocates for `blocks`. */
export function residentBytes(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + Math.ceil(block.bytes / alignment) * alignment, 0);
}

/** All blocks in memory from the start: the memory schedule is off. One allocation, so that huge pages cover small blocks. */
export class ResidentBlocks implements BlockStore {
  readonly #memory: Memory;
  readonly #locations: BlockLocation[] = [];
  #bytesRead = 0;

  /** Allocates, then loads with {@link load}. */
  constructor(private readonly blocks: readonly Block[]) {
    this.#memory = kernels.allocate(Math.max(alignment, residentBytes(blocks)));
    let base = 0;
    for (const block of blocks) {
      this.#locations.push({ memory: this.#memory, base, splitAt: Infinity, wrapBase: 0 });
      base += Math.ceil(block.bytes / alignment) * alignment;
    }
  }

  /** Fills memory from `source`, yielding between blocks so that a cancel is heard. */
  async load(source: BlockSource, label: string, show?: OnProgress, cancelled?: () => boolean): Promise<boolean> {
    const total = this.blocks.reduce((sum, block) => sum + block.bytes, 0);
    const meter = new ProgressMeter(label, total, show);
    for (const [index, block] of this.blocks.entries()) {
      if (cancelled?.() === true) return false;
      source.readBlock(block, this.#memory, this.location(index).base, (bytes) => {
        this.#bytesRead += bytes;
        meter.update(this.#bytesRead);
      });
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return true;
  }

  startPass(): void {
    // Nothing to prepare: everything is here.
  }

  acquire(): undefined {
    return undefined;
  }

  location(index: number): BlockLocation {
    const location = this.#locations[index];
    if (location === undefined) throw new RangeError(`no block ${index}`);
    return location;
  }

  release(): void {
    // Resident blocks stay.
  }

  bytesRead(): number {
    return this.#bytesRead;
  }

  close(): void {
    kernels.free(this.#memory);
  }
}
