/** A finaliser in which every input bit moves every output bit (multipliers from the lowbias32 family). */
function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return x ^ (x >>> 15);
}

/** 32 bits from four words, keyed in turn. */
function hash(seedLow: number, seedHigh: number, position: number, lane: number): number {
  let state = mix(seedLow ^ 0x9e3779b9);
  state = mix((state + seedHigh + 0x85ebca6b) | 0);
  state = mix((state ^ Math.imul(position, 0x27d4eb2f)) + 0x165667b1);
  return mix((state + Math.imul(lane, 0x9e3779b1) + position) | 0) >>> 0;
}

/**
 * A random number in [0, 1), with 53 bits, that depends on `seed` and `position` alone: an answer replayed after a
 * node was lost draws at every position what it would have drawn.
 *
 * @param seed integer, 0 to 2^53 - 1
 * @param position integer, 0 to 2^32 - 1
 */
export function uniformAt(seed: number, position: number): number {
  const low = seed >>> 0;
  const high = Math.floor(seed / 0x1_0000_0000) >>> 0;
  const upper = hash(low, high, position | 0, 1) >>> 5; // 27 bits
  const lower = hash(low, high, position | 0, 2) >>> 6; // 26 bits
  return (upper * 0x400_0000 + lower) / 0x20_0000_0000_0000;
}
