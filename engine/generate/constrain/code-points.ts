import { byteRange, either, sequence, text, type Piece } from './automaton.js';

/** Code points from the first to the second, both included. */
export type CodePoints = readonly [number, number];

const last = 0x10ffff;

/** Every character but the halves of surrogate pairs, which are no characters. */
export const everyCodePoint: readonly CodePoints[] = [[0, 0xd7ff], [0xe000, last]];

/** Sorted, and touching ranges joined; without surrogates. */
export function normalised(ranges: readonly CodePoints[]): CodePoints[] {
  const joined: [number, number][] = [];
  for (const [lo, hi] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && lo <= before[1] + 1) before[1] = Math.max(before[1], hi);
    else joined.push([lo, hi]);
  }
  return joined.flatMap(([lo, hi]) => without([lo, hi], [0xd800, 0xdfff]));
}

/** All characters that are not in `ranges`. */
export function complement(ranges: readonly CodePoints[]): CodePoints[] {
  let rest = [...everyCodePoint];
  for (const range of ranges) rest = rest.flatMap((one) => without(one, range));
  return rest;
}

function without([lo, hi]: CodePoints, [from, to]: CodePoints): CodePoints[] {
  if (to < lo || from > hi) return [[lo, hi]];
  const parts: CodePoints[] = [[lo, from - 1], [to + 1, hi]];
  return parts.filter(([a, b]) => a <= b);
}

/** Characters that JSON writes with a backslash, and how. */
const shortEscapes = new Map([
  [0x22, '\\"'], [0x5c, '\\\\'], [0x08, '\\b'], [0x0c, '\\f'], [0x0a, '\\n'], [0x0d, '\\r'], [0x09, '\\t'],
]);

const escaped: readonly CodePoints[] = [[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]];

/** One character of these, as JSON writes it within a string: escaped where it must be, else in UTF-8. */
export function jsonCharacter(ranges: readonly CodePoints[]): Piece {
  const plain = escaped.reduce<CodePoints[]>((rest, one) => rest.flatMap((range) => without(range, one)), [...ranges]);
  const pieces = plain.flatMap(([lo, hi]) => utf8Pieces(lo, hi));
  for (const [from, to] of escaped) {
    for (let code = from; code <= to; code++) {
      if (ranges.some(([lo, hi]) => code >= lo && code <= hi)) pieces.push(text(escapeOf(code)));
    }
  }
  return either(...pieces);
}

function escapeOf(code: number): string {
  return shortEscapes.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The largest code points of one, two, three and four bytes. */
const lengthEnds = [0x7f, 0x7ff, 0xffff, last];

function utf8Pieces(lo: number, hi: number): Piece[] {
  const pieces: Piece[] = [];
  let from = lo;
  for (const end of lengthEnds) {
    if (from > hi || from > end) continue;
    const to = Math.min(hi, end);
    pieces.push(betweenEncodings(utf8(from), utf8(to)));
    from = to + 1;
  }
  return pieces;
}

function utf8(code: number): number[] {
  return [...Buffer.from(String.fromCodePoint(code), 'utf8')];
}

/** Encodings of one length, from the first to the second in order. */
function betweenEncodings(lo: readonly number[], hi: readonly number[]): Piece {
  const [first, ...loRest] = lo as [number, ...number[]];
  const [final, ...hiRest] = hi as [number, ...number[]];
  if (loRest.length === 0) return byteRange(first, final);
  if (first === final) return sequence(byteRange(first, first), betweenEncodings(loRest, hiRest));
  const least = loRest.map(() => 0x80);
  const most = loRest.map(() => 0xbf);
  const pieces = [
    sequence(byteRange(first, first), betweenEncodings(loRest, most)),
    sequence(byteRange(final, final), betweenEncodings(least, hiRest)),
  ];
  if (first + 1 < final) {
    pieces.push(sequence(byteRange(first + 1, final - 1), ...least.map(() => byteRange(0x80, 0xbf))));
  }
  return either(...pieces);
}
