import { byteRange, either, optional, repeated, sequence, text, type Piece } from './automaton.js';
import { digits, fraction } from './json-text.js';

/** Numbers from `least` to `most`; an open end excludes the bound itself. */
export interface NumberRange {
  least: number;
  leastOpen: boolean;
  most: number;
  mostOpen: boolean;
}

/** Bounds have at most this many digits before the point, and after it. */
export const mostBound = 999_999_999_999_999;

/** Whole numbers from `least` to `most`, both whole; null if there is none. */
export function wholeRange(least: number, most: number): Piece | null {
  if (least > most) return null;
  const pieces: Piece[] = [];
  if (least < 0) pieces.push(sequence(text('-'), magnitudes(Math.max(1, -most), -least)));
  if (most >= 0) pieces.push(magnitudes(Math.max(0, least), most));
  return either(...pieces);
}

/** Numbers within a range, without an exponent; null if there is none, or none that can be written so. */
export function decimalRange(range: NumberRange): Piece | null {
  const { least, leastOpen, most, mostOpen } = range;
  if (least > most || (least === most && (leastOpen || mostOpen))) return null;
  const pieces: Piece[] = [];
  if (least < 0) {
    const upTo = most < 0 ? { least: -most, leastOpen: mostOpen } : { least: 0, leastOpen: true };
    const piece = decimals({ ...upTo, most: -least, mostOpen: leastOpen });
    if (piece !== null) pieces.push(sequence(text('-'), piece));
  }
  if (most >= 0) {
    const from = least >= 0 ? { least, leastOpen } : { least: 0, leastOpen: false };
    const piece = decimals({ ...from, most, mostOpen });
    if (piece !== null) pieces.push(piece);
  }
  return pieces.length === 0 ? null : either(...pieces);
}

/** Digit strings of whole numbers from `least` to `most`, both at least 0. */
function magnitudes(least: number, most: number): Piece {
  const pieces: Piece[] = [];
  for (let length = String(least).length; length <= String(most).length; length++) {
    const lowest = length === 1 ? 0 : 10 ** (length - 1);
    const from = String(Math.max(least, lowest));
    const to = String(Math.min(most, 10 ** length - 1));
    pieces.push(between(from, to));
  }
  return either(...pieces);
}

/** Digit strings of one length, in order. */
function between(from: string, to: string): Piece {
  if (/^0*$/.test(from) && /^9*$/.test(to)) return digits(from.length, from.length);
  const [lo, hi] = [Number(from[0]), Number(to[0])];
  const [fromRest, toRest] = [from.slice(1), to.slice(1)];
  if (lo === hi) return sequence(digitFrom(lo, lo), between(fromRest, toRest));
  const pieces = [
    sequence(digitFrom(lo, lo), between(fromRest, '9'.repeat(fromRest.length))),
    sequence(digitFrom(hi, hi), between('0'.repeat(toRest.length), toRest)),
  ];
  if (lo + 1 < hi) pieces.push(sequence(digitFrom(lo + 1, hi - 1), digits(fromRest.length, fromRest.length)));
  return either(...pieces);
}

function digitFrom(lo: number, hi: number): Piece {
  return byteRange(0x30 + lo, 0x30 + hi);
}

/** Numbers within a range of magnitudes, both at least 0. */
function decimals({ least, leastOpen, most, mostOpen }: NumberRange): Piece | null {
  const [whole, part] = parts(least);
  const [wholeEnd, partEnd] = parts(most);
  const pieces: (Piece | null)[] = [];
  if (whole === wholeEnd) {
    pieces.push(after(whole, fractionBetween(part, leastOpen, partEnd, mostOpen)));
    if (part === '' && !leastOpen && !(partEnd === '' && mostOpen)) pieces.push(text(String(whole)));
  } else {
    const beginning = part === '' && !leastOpen ? fraction : pointed(fractionFrom(part, leastOpen));
    pieces.push(after(whole, beginning));
    if (whole + 1 < wholeEnd) pieces.push(sequence(magnitudes(whole + 1, wholeEnd - 1), fraction));
    pieces.push(after(wholeEnd, pointed(fractionTo(partEnd, mostOpen))));
    if (partEnd !== '' || !mostOpen) pieces.push(text(String(wholeEnd)));
  }
  const possible = pieces.filter((piece) => piece !== null);
  return possible.length === 0 ? null : either(...possible);
}

/** The whole part, and the digits after the point without zeros at their end. */
function parts(magnitude: number): [number, string] {
  const [whole, part] = magnitude.toFixed(15).split('.') as [string, string];
  return [Number(whole), part.replace(/0+$/, '')];
}

function after(whole: number, rest: Piece | null): Piece | null {
  return rest === null ? null : sequence(text(String(whole)), rest);
}

function pointed(rest: Piece | null): Piece | null {
  return rest === null ? null : sequence(text('.'), rest);
}

/** Digits after the point that make at least `part`. */
function fractionFrom(part: string, open: boolean): Piece {
  if (part === '') {
    const above = sequence(repeated(text('0'), 0, 5), digitFrom(1, 9), digits(0, 5));
    return open ? above : digits(0, 6);
  }
  const first = Number(part[0]);
  const equal = sequence(digitFrom(first, first), fractionFrom(part.slice(1), open));
  return first === 9 ? equal : either(equal, sequence(digitFrom(first + 1, 9), digits(0, 8)));
}

/** One or more digits after the point that make at most `part`; null if there are none. */
function fractionTo(part: string, open: boolean): Piece | null {
  if (part === '') return open ? null : repeated(text('0'), 1, 3);
  const first = Number(part[0]);
  const rest = fractionTo(part.slice(1), open);
  const pieces: Piece[] = [];
  if (first > 0) pieces.push(sequence(digitFrom(0, first - 1), digits(0, 8)));
  // The same digit, and no more: below the bound if the bound goes on, equal to it if not.
  if (part.length > 1 || !open) pieces.push(sequence(digitFrom(first, first), rest === null ? text('') : optional(rest)));
  return either(...pieces);
}

/** Digits after the point, point included, from `part` to `partEnd`; null if there are none. */
function fractionBetween(part: string, leastOpen: boolean, partEnd: string, mostOpen: boolean): Piece | null {
  if (part === partEnd) return part === '' || leastOpen || mostOpen ? null : pointed(text(part));
  const length = Math.max(part.length, partEnd.length);
  const [from, to] = [part.padEnd(length, '0'), partEnd.padEnd(length, '0')];
  let same = 0;
  while (from[same] === to[same]) same += 1;
  const [lo, hi] = [Number(from[same]), Number(to[same])];
  const pieces = [sequence(digitFrom(lo, lo), fractionFrom(from.slice(same + 1).replace(/0+$/, ''), leastOpen))];
  if (lo + 1 < hi) pieces.push(sequence(digitFrom(lo + 1, hi - 1), digits(0, 8)));
  const partEndRest = to.slice(same + 1).replace(/0+$/, '');
  const ending = fractionTo(partEndRest, mostOpen);
  if (partEndRest !== '' || !mostOpen) pieces.push(sequence(digitFrom(hi, hi), ending === null ? text('') : optional(ending)));
  return pointed(sequence(text(from.slice(0, same)), either(...pieces)));
}
