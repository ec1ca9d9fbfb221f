/** Which blocks stay in memory and which pass through the ring. */
export interface WindowPlan {
  /** Blocks that are never given back, by index. */
  resident: readonly boolean[];
  /** Bytes of the ring; 0 where every block is resident. */
  ringBytes: number;
  /** Memory for weights: ring and resident blocks. */
  bytes: number;
  /** Blocks the ring is as large as: the window `w` of the paper. 0 where every block is resident. */
  window: number;
}

/** Blocks start on a page in the ring and are read in whole pages. */
export const pageBytes = 4096;

export function pages(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}

/**
 * A ring of `window` × the largest block (paper section 3.3; at least 2), and nothing resident. Where the ring would hold
 * every block anyway, all are resident instead. `rowBytes` is the longest row: what a wrap may waste at the ring's end.
 */
export function planWindow(blockBytes: readonly number[], window: number, rowBytes: number): WindowPlan {
  const ring = ringBytes(Math.max(0, ...blockBytes), window, rowBytes);
  const total = sum(blockBytes.map(pages));
  if (ring >= total) return allResident(blockBytes);
  return { resident: blockBytes.map(() => false), ringBytes: ring, bytes: ring, window };
}

/** The memory schedule switched off. */
export function allResident(blockBytes: readonly number[]): WindowPlan {
  return { resident: blockBytes.map(() => true), ringBytes: 0, bytes: sum(blockBytes.map(pages)), window: 0 };
}

/**
 * The most that `budget` bytes of weight memory can do against a slow disk: everything resident if it fits; otherwise the
 * smallest ring (w = 2), and as many blocks resident as the rest allows, spread evenly over the layers (one in every T,
 * paper section 3.3) so that each reload has the same time to hide behind. Null when not even the ring fits.
 */
export function planForBudget(blockBytes: readonly number[], budget: number, rowBytes: number): WindowPlan | null {
  const everything = allResident(blockBytes);
  if (everything.bytes <= budget) return everything;
  const least = planWindow(blockBytes, 2, rowBytes);
  if (least.bytes > budget) return null;
  const resident = spreadResidents(blockBytes, budget - least.bytes);
  const bytes = least.ringBytes + sum(blockBytes.filter((_, index) => resident[index]).map(pages));
  return { ...least, resident, bytes };
}

/** Marks blocks, evenly spaced, until `room` bytes are used up. */
function spreadResidents(blockBytes: readonly number[], room: number): boolean[] {
  const resident = blockBytes.map(() => false);
  const total = sum(blockBytes);
  const share = room / total;
  let owed = 0;
  let used = 0;
  for (const [index, bytes] of blockBytes.entries()) {
    owed += bytes * share;
    const size = pages(bytes);
    if (owed >= bytes && used + size <= room) {
      resident[index] = true;
      owed -= bytes;
      used += size;
    }
  }
  return resident;
}

/** `window` largest blocks, and what one wrap and its page alignment may waste. */
function ringBytes(largest: number, window: number, rowBytes: number): number {
  return window * pages(largest) + pages(rowBytes) + pageBytes;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
