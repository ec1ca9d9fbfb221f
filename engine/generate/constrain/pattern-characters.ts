import { complement, normalised, type CodePoints } from './code-points.js';
import { PatternError, type PatternCursor } from './pattern-cursor.js';

const digitRanges: CodePoints[] = [[0x30, 0x39]];
const wordRanges: CodePoints[] = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const spaceRanges: CodePoints[] = [
  [0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f],
  [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff],
];

/** What `.` stands for. */
export const anyOfALine = complement([[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]]);

const classes: Record<string, readonly CodePoints[]> = {
  d: digitRanges, D: complement(digitRanges), w: wordRanges, W: complement(wordRanges),
  s: spaceRanges, S: complement(spaceRanges),
};
const controls: Record<string, number> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d, 0: 0 };

/** What stands behind `[`, up to and with its `]`. */
export function readClass(cursor: PatternCursor): readonly CodePoints[] {
  const inverted = cursor.take('^');
  const ranges: CodePoints[] = [];
  while (!cursor.take(']')) {
    const from = classAtom(cursor);
    if (cursor.peek() !== '-' || cursor.peek(1) === ']') {
      ranges.push(...from);
      continue;
    }
    cursor.next();
    const to = classAtom(cursor);
    const [lo, hi] = [only(from), only(to)];
    if (hi < lo) throw new PatternError('a range in brackets is the wrong way round');
    ranges.push([lo, hi]);
  }
  const members = inverted ? complement(ranges) : normalised(ranges);
  if (members.length === 0) throw new PatternError('a class in brackets has no characters');
  return members;
}

function classAtom(cursor: PatternCursor): readonly CodePoints[] {
  const character = cursor.next();
  if (character !== '\\') return single(character.codePointAt(0)!);
  return cursor.take('b') ? single(0x08) : readEscape(cursor);
}

/** What stands behind a backslash. */
export function readEscape(cursor: PatternCursor): readonly CodePoints[] {
  const character = cursor.next();
  const named = Object.hasOwn(classes, character) ? classes[character] : undefined;
  if (named !== undefined) return named;
  if (Object.hasOwn(controls, character)) return single(controls[character]!);
  if (character === 'x') return single(hex(cursor, 2));
  if (character === 'u') return unicode(cursor);
  if (/[A-Za-z0-9]/.test(character)) throw new PatternError(`'\\${character}' is not supported`);
  return single(character.codePointAt(0)!);
}

function unicode(cursor: PatternCursor): readonly CodePoints[] {
  if (!cursor.take('{')) return single(hex(cursor, 4));
  let digits = '';
  while (!cursor.take('}')) digits += cursor.next();
  if (!/^[0-9A-Fa-f]{1,6}$/.test(digits)) throw new PatternError('a code point cannot be read');
  return single(parseInt(digits, 16));
}

function hex(cursor: PatternCursor, length: number): number {
  const digits = Array.from({ length }, () => cursor.next()).join('');
  if (!/^[0-9A-Fa-f]+$/.test(digits)) throw new PatternError('a code point cannot be read');
  return parseInt(digits, 16);
}

/** One character. PatternError for half of one. */
export function single(code: number): readonly CodePoints[] {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new PatternError('half a character cannot be followed');
  return [[code, code]];
}

function only(ranges: readonly CodePoints[]): number {
  const [range] = ranges;
  if (ranges.length !== 1 || range === undefined || range[0] !== range[1]) {
    throw new PatternError('a range in brackets has a class at its end');
  }
  return range[0];
}
