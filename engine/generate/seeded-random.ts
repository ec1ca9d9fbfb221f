/** A finaliser in which every input bit moves every output bit (multipliers from the lowbias32 family). */
function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return x ^ (x >>> 15);
}

/** 32 bits that stand for one position of one seed; every number drawn there starts from them. */
export function keyAt(seed: number, position: number): number {
  let state = mix((seed | 0) ^ 0x9e3779b9);
  state = mix((state + Math.floor(seed / 0x1_0000_0000) + 0x85ebca6b) | 0);
  return mix((state + position + 0x165667b1) | 0);
}

/** The first 27 bits of {@link uniformFrom} alone, so never above it: enough to rule most draws out. */
export function coarseUniformFrom(key: number, lane: number): number {
  return upperBits(key, lane) / 0x800_0000;
}

/** A random number in [0, 1), with 53 bits, from a key of {@link keyAt} and a lane (0 to 2^30 - 1). */
export function uniformFrom(key: number, lane: number): number {
  return (upperBits(key, lane) * 0x400_0000 + lowerBits(key, lane)) / 0x20_0000_0000_0000;
}

function upperBits(key: number, lane: number): number {
  return mix(key ^ mix((lane * 2 + 0x27d4eb2f) | 0)) >>> 5;
}

function lowerBits(key: number, lane: number): number {
  return mix(key ^ mix((lane * 2 + 0x27d4eb30) | 0)) >>> 6;
}

/**
 * A random number in [0, 1) that depends on its arguments alone: an answer replayed after a node was lost draws at
 * every position what it would have drawn.
 *
 * @param seed integer, 0 to 2^53 - 1
 * @param position integer, 0 to 2^32 - 1
 * @param lane which of the numbers drawn at this position, 0 to 2^30 - 1
 */
export function uniformAt(seed: number, position: number, lane = 0): number {
  return uniformFrom(keyAt(seed, position), lane);
}
