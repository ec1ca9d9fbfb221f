import { either, nothing, repeated, sequence, type Piece } from './automaton.js';
import { everyCodePoint, jsonCharacter } from './code-points.js';
import { anyOfALine, readClass, readEscape, single } from './pattern-characters.js';
import { PatternCursor, PatternError } from './pattern-cursor.js';

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
  readonly #cursor: PatternCursor;

  constructor(pattern: string) {
    this.#cursor = new PatternCursor(pattern);
  }

  read(): Piece {
    const anything = repeated(jsonCharacter(everyCodePoint), 0, Infinity);
    const pieces: Piece[] = [];
    do {
      const begins = this.#cursor.take('^');
      const piece = this.#sequence();
      const ends = this.#cursor.take('$');
      pieces.push(sequence(begins ? nothing : anything, piece, ends ? nothing : anything));
    } while (this.#cursor.take('|'));
    if (this.#cursor.peek() !== undefined) throw new PatternError(`'${this.#cursor.peek() ?? ''}' stands where it cannot be followed`);
    return either(...pieces);
  }

  #alternatives(): Piece {
    const pieces = [this.#sequence()];
    while (this.#cursor.take('|')) pieces.push(this.#sequence());
    return pieces.length === 1 ? pieces[0]! : either(...pieces);
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    for (let next = this.#cursor.peek(); next !== undefined && !'|)$'.includes(next); next = this.#cursor.peek()) {
      pieces.push(this.#quantified(this.#atom()));
    }
    return sequence(...pieces);
  }

  #atom(): Piece {
    const character = this.#cursor.next();
    if (character === '(') return this.#group();
    if (character === '[') return jsonCharacter(readClass(this.#cursor));
    if (character === '.') return jsonCharacter(anyOfALine);
    if (character === '\\') return jsonCharacter(readEscape(this.#cursor));
    if ('^*+?{}]'.includes(character)) throw new PatternError(`'${character}' stands where it cannot be followed`);
    return jsonCharacter(single(character.codePointAt(0)!));
  }

  #group(): Piece {
    if (this.#cursor.take('?')) {
      if (this.#cursor.take('<') && !'=!'.includes(this.#cursor.peek() ?? '')) while (this.#cursor.next() !== '>');
      else if (!this.#cursor.take(':')) throw new PatternError('look-around is not supported');
    }
    const inside = this.#alternatives();
    if (!this.#cursor.take(')')) throw new PatternError("a group has no ')', or an anchor within it");
    return inside;
  }

  #quantified(piece: Piece): Piece {
    const [least, most] = this.#quantifier() ?? [1, 1];
    if (least === 1 && most === 1) return piece;
    this.#cursor.take('?'); // Lazy or greedy: the same texts match.
    if ('*+?{'.includes(this.#cursor.peek() ?? ' ')) throw new PatternError('a quantifier follows a quantifier');
    return repeated(piece, least, most);
  }

  #quantifier(): [number, number] | null {
    if (this.#cursor.take('*')) return [0, Infinity];
    if (this.#cursor.take('+')) return [1, Infinity];
    if (this.#cursor.take('?')) return [0, 1];
    if (!this.#cursor.take('{')) return null;
    const least = this.#count();
    const most = !this.#cursor.take(',') ? least : this.#cursor.peek() === '}' ? Infinity : this.#count();
    if (!this.#cursor.take('}') || most < least) throw new PatternError('a count in braces cannot be read');
    return [least, most];
  }

  #count(): number {
    let digits = '';
    while (/[0-9]/.test(this.#cursor.peek() ?? '')) digits += this.#cursor.next();
    if (digits === '' || Number(digits) > mostRepeats) throw new PatternError(`a count in braces is not 0 to ${mostRepeats}`);
    return Number(digits);
  }
}
