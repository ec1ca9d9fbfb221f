import { either, nothing, repeated, sequence, type Piece } from './automaton.js';
import { complement, everyCodePoint, jsonCharacter, normalised, type CodePoints } from './code-points.js';

/** A pattern with something in it that cannot be followed letter by letter; the message says what. */
export class PatternError extends Error {}

const digitRanges: CodePoints[] = [[0x30, 0x39]];
const wordRanges: CodePoints[] = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const spaceRanges: CodePoints[] = [
  [0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f],
  [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff],
];
const lineEnds: CodePoints[] = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];

const classes: Record<string, readonly CodePoints[]> = {
  d: digitRanges, D: complement(digitRanges), w: wordRanges, W: complement(wordRanges),
  s: spaceRanges, S: complement(spaceRanges),
};
const controls: Record<string, number> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d, 0: 0 };
const mostRepeats = 1000;
const longest = 1000;

/**
 * The insides of JSON strings that match an ECMAScript pattern: characters, classes, groups, alternatives and
 * quantifiers, and `^` and `$` at the ends. Like a schema's `pattern` it may match anywhere unless it is anchored.
 *
 * @throws PatternError for look-around, back references, word boundaries, flags and Unicode properties
 */
export function patternText(pattern: string): Piece {
  if (pattern.length > longest) throw new PatternError(`it is longer than ${longest} characters`);
  return new PatternReader(pattern).read();
}

class PatternReader {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  read(): Piece {
    const anything = repeated(jsonCharacter(everyCodePoint), 0, Infinity);
    const pieces: Piece[] = [];
    do {
      const begins = this.#take('^');
      const piece = this.#sequence();
      const ends = this.#take('$');
      pieces.push(sequence(begins ? nothing : anything, piece, ends ? nothing : anything));
    } while (this.#take('|'));
    if (this.#peek() !== undefined) throw new PatternError(`'${this.#peek() ?? ''}' stands where it cannot be followed`);
    return either(...pieces);
  }

  #alternatives(): Piece {
    const pieces = [this.#sequence()];
    while (this.#take('|')) pieces.push(this.#sequence());
    return pieces.length === 1 ? pieces[0]! : either(...pieces);
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    for (let next = this.#peek(); next !== undefined && !'|)$'.includes(next); next = this.#peek()) {
      pieces.push(this.#quantified(this.#atom()));
    }
    return sequence(...pieces);
  }

  #atom(): Piece {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return jsonCharacter(this.#class());
    if (character === '.') return jsonCharacter(complement(lineEnds));
    if (character === '\\') return jsonCharacter(this.#escape());
    if ('^*+?{}]'.includes(character)) throw new PatternError(`'${character}' stands where it cannot be followed`);
    return jsonCharacter(single(character.codePointAt(0)!));
  }

  #group(): Piece {
    if (this.#take('?')) {
      if (this.#take('<') && !'=!'.includes(this.#peek() ?? '')) while (this.#next() !== '>');
      else if (!this.#take(':')) throw new PatternError('look-around is not supported');
    }
    const inside = this.#alternatives();
    if (!this.#take(')')) throw new PatternError("a group has no ')', or an anchor within it");
    return inside;
  }

  #quantified(piece: Piece): Piece {
    const [least, most] = this.#quantifier() ?? [1, 1];
    if (least === 1 && most === 1) return piece;
    this.#take('?'); // Lazy or greedy: the same texts match.
    if ('*+?{'.includes(this.#peek() ?? ' ')) throw new PatternError('a quantifier follows a quantifier');
    return repeated(piece, least, most);
  }

  #quantifier(): [number, number] | null {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    if (!this.#take('{')) return null;
    const least = this.#count();
    const most = !this.#take(',') ? least : this.#peek() === '}' ? Infinity : this.#count();
    if (!this.#take('}') || most < least) throw new PatternError('a count in braces cannot be read');
    return [least, most];
  }

  #count(): number {
    let digits = '';
    while (/[0-9]/.test(this.#peek() ?? '')) digits += this.#next();
    if (digits === '' || Number(digits) > mostRepeats) throw new PatternError(`a count in braces is not 0 to ${mostRepeats}`);
    return Number(digits);
  }

  #class(): readonly CodePoints[] {
    const inverted = this.#take('^');
    const ranges: CodePoints[] = [];
    while (!this.#take(']')) {
      const from = this.#classAtom();
      if (this.#peek() !== '-' || this.#characters[this.#at + 1] === ']') {
        ranges.push(...from);
        continue;
      }
      this.#next();
      const to = this.#classAtom();
      const [lo, hi] = [only(from), only(to)];
      if (hi < lo) throw new PatternError('a range in brackets is the wrong way round');
      ranges.push([lo, hi]);
    }
    const members = inverted ? complement(ranges) : normalised(ranges);
    if (members.length === 0) throw new PatternError('a class in brackets has no characters');
    return members;
  }

  #classAtom(): readonly CodePoints[] {
    const character = this.#next();
    if (character !== '\\') return single(character.codePointAt(0)!);
    return this.#take('b') ? single(0x08) : this.#escape();
  }

  #escape(): readonly CodePoints[] {
    const character = this.#next();
    const named = Object.hasOwn(classes, character) ? classes[character] : undefined;
    if (named !== undefined) return named;
    if (Object.hasOwn(controls, character)) return single(controls[character]!);
    if (character === 'x') return single(this.#hex(2));
    if (character === 'u') return this.#unicode();
    if (/[A-Za-z0-9]/.test(character)) throw new PatternError(`'\\${character}' is not supported`);
    return single(character.codePointAt(0)!);
  }

  #unicode(): readonly CodePoints[] {
    if (!this.#take('{')) return single(this.#hex(4));
    let digits = '';
    while (!this.#take('}')) digits += this.#next();
    if (!/^[0-9A-Fa-f]{1,6}$/.test(digits)) throw new PatternError('a code point cannot be read');
    return single(parseInt(digits, 16));
  }

  #hex(length: number): number {
    const digits = this.#characters.slice(this.#at, this.#at + length).join('');
    this.#at += length;
    if (digits.length !== length || !/^[0-9A-Fa-f]+$/.test(digits)) throw new PatternError('a code point cannot be read');
    return parseInt(digits, 16);
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternError('it ends too early');
    return character;
  }
}

function single(code: number): readonly CodePoints[] {
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
