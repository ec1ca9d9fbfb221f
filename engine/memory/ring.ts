import type { BlockLocation } from './block-store.js';
import { pageBytes, pages } from './window-plan.js';

/** Row boundaries of a block, to choose where it may wrap. */
export interface RowSpan {
  /** Bytes from the start of the block. */
  offset: number;
  bytes: number;
  rowBytes: number;
}

/**
 * One block's place in the ring. Positions are counted from the start of the run and never wrap; a position's byte in the
 * ring is its remainder. Objects are reused, so that the layer loop makes no garbage.
 */
export class RingPlace {
  index = -1;
  bytes = 0;
  /** Position of byte 0, and of byte `location.splitAt` where the block wraps. */
  start = 0;
  wrapStart = 0;
  /** Position behind the last byte, whole pages. */
  end = 0;
  /** Bytes handed to the loader so far, and the ticket of the last read. */
  submitted = 0;
  ticket = 0;

  constructor(readonly location: BlockLocation) {}

  /** Position of a block's byte. */
  position(byte: number): number {
    return byte < this.location.splitAt ? this.start + byte : this.wrapStart + (byte - this.location.splitAt);
  }

  /** Bytes of the block whose positions all lie below `limit`. */
  bytesBelow(limit: number): number {
    const { splitAt } = this.location;
    const first = Math.min(limit - this.start, splitAt, this.bytes);
    if (first < splitAt || first >= this.bytes) return Math.max(0, first);
    return Math.min(this.bytes, Math.max(splitAt, splitAt + limit - this.wrapStart));
  }
}

/** Puts a block behind `from` in a ring of `ringBytes`, wrapping it at a row boundary if it does not fit before the end. */
export function placeBlock(
  place: RingPlace, index: number, bytes: number, spans: readonly RowSpan[], from: number, ringBytes: number,
): void {
  const location = place.location;
  place.index = index;
  place.bytes = bytes;
  place.submitted = 0;
  place.ticket = 0;
  place.start = from;
  location.base = from % ringBytes;
  const room = ringBytes - location.base;
  if (pages(bytes) <= room) {
    location.splitAt = Infinity;
    location.wrapBase = 0;
    place.wrapStart = 0;
    place.end = from + pages(bytes);
    return;
  }
  const splitAt = lastRowBoundary(spans, room);
  // The rest starts at the same place within a page as it has in the file, so that it can be read without a copy.
  const wrapBase = splitAt % pageBytes;
  location.splitAt = splitAt;
  location.wrapBase = wrapBase;
  place.wrapStart = from + room + wrapBase;
  place.end = from + room + pages(wrapBase + bytes - splitAt);
}

/** The last byte at or before `room` at which a row of some tensor starts. */
function lastRowBoundary(spans: readonly RowSpan[], room: number): number {
  let boundary = 0;
  for (const span of spans) {
    if (span.offset > room) break;
    const rows = Math.min(span.bytes / span.rowBytes, Math.floor((room - span.offset) / span.rowBytes));
    boundary = span.offset + rows * span.rowBytes;
  }
  return boundary;
}
