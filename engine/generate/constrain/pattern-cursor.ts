/** A pattern with something in it that cannot be followed letter by letter; the message says what. */
export class PatternError extends Error {}

/** A place in a pattern, which is read character by character. */
export class PatternCursor {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  /** The next character, or the one `ahead` behind it; undefined beyond the end. */
  peek(ahead = 0): string | undefined {
    return this.#characters[this.#at + ahead];
  }

  /** True, and one on, if `character` is next. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** One on. PatternError at the end. */
  next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternError('it ends too early');
    return character;
  }
}
