/** Small seeded generator (mulberry32): the same seed damages the same bytes. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers that lengths, counts and offsets lie with. */
const lies = [
  0n,
  1n,
  7n,
  0xffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 33n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 64n - 1n,
];
const jsonLies = [
  '-1',
  '0',
  '1e300',
  '9007199254740993',
  '0.5',
  'null',
  '""',
  '[]',
  '{}',
  '[[[[[[1]]]]]]',
  '"F16"',
  '4294967296',
];

/**
 * A damaged copy: cut short, with flipped bits, with lying integers, or with a lie in place of a number of its JSON.
 * Damage falls on the first `headerBytes`, where parsers look.
 */
export function damaged(whole: Buffer, headerBytes: number, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * below);
  const copy = Buffer.from(whole);
  switch (pick(5)) {
    case 0:
      return copy.subarray(0, pick(whole.length));
    case 1:
      for (let flips = 1 + pick(8); flips > 0; flips--) {
        const at = pick(headerBytes);
        copy.writeUInt8(copy.readUInt8(at) ^ (1 << pick(8)), at);
      }
      return copy;
    case 2:
      copy.writeBigUInt64LE(lies[pick(lies.length)] ?? 0n, pick(headerBytes - 8));
      return copy;
    case 3:
      copy.writeUInt32LE(Number((lies[pick(lies.length)] ?? 0n) & 0xffffffffn), pick(headerBytes - 4));
      return copy;
    default:
      return withJsonLie(copy, headerBytes, pick);
  }
}

/** Replaces one number in the text after the first 8 bytes, and makes the length there true again. */
function withJsonLie(whole: Buffer, headerBytes: number, pick: (below: number) => number): Buffer {
  const header = whole.subarray(8, headerBytes).toString('latin1');
  const numbers = [...header.matchAll(/(?<=[[,])\d+/g)];
  const chosen = numbers[pick(numbers.length)];
  if (chosen === undefined) return whole;
  const lie = jsonLies[pick(jsonLies.length)] ?? '0';
  const changed = header.slice(0, chosen.index) + lie + header.slice(chosen.index + chosen[0].length);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([length, Buffer.from(changed, 'latin1'), whole.subarray(headerBytes)]);
}
