/** What a call turns out to be, piece by piece. */
export type CallPiece = { kind: 'name'; name: string } | { kind: 'arguments'; text: string };

type Place = 'before' | 'key' | 'colon' | 'value' | 'after' | 'done' | 'broken';

/**
 * Reads one call's JSON object character by character: says its name as soon as it is there, and its arguments, as
 * they were written, while they are coming.
 */
export class CallReader {
  #place: Place = 'before';
  #key = '';
  #value = '';
  #quoted = false;
  #escaped = false;
  #depth = 0;
  #name: string | null = null;
  /** Arguments that came before the name. */
  #early = '';

  constructor(private readonly argumentsKeys: readonly string[]) {}

  get done(): boolean {
    return this.#place === 'done';
  }

  get broken(): boolean {
    return this.#place === 'broken';
  }

  push(character: string): CallPiece[] {
    switch (this.#place) {
      case 'before':
        this.#place = character === '{' ? 'key' : 'broken';
        return [];
      case 'key':
        this.#readKey(character);
        return [];
      case 'colon':
        if (character === ':') this.#place = 'value';
        else if (!isSpace(character)) this.#place = 'broken';
        return [];
      case 'value':
        return this.#readValue(character);
      case 'after':
        this.#afterValue(character);
        return [];
      case 'done':
      case 'broken':
        return [];
    }
  }

  #readKey(character: string): void {
    if (this.#key === '') {
      if (character === '"') this.#key = '"';
      else if (!isSpace(character)) this.#place = 'broken';
      return;
    }
    this.#key += character;
    if (character !== '"' || this.#escaped) {
      this.#escaped = character === '\\' && !this.#escaped;
      return;
    }
    this.#key = textOf(this.#key) ?? '';
    this.#place = 'colon';
  }

  #readValue(character: string): CallPiece[] {
    if (this.#value === '') {
      if (isSpace(character)) return [];
      this.#quoted = character === '"';
      this.#depth = '{['.includes(character) ? 1 : 0;
      this.#value = character;
      return this.#piece(character);
    }
    const structured = '{["'.includes(this.#value[0]!);
    if (!structured && ',}'.includes(character)) {
      const pieces = this.#endValue();
      this.#afterValue(character);
      return pieces;
    }
    this.#value += character;
    const pieces = this.#piece(character);
    if (this.#quoted) {
      if (this.#escaped) this.#escaped = false;
      else if (character === '\\') this.#escaped = true;
      else if (character === '"') this.#quoted = false;
      if (this.#quoted || this.#depth > 0) return pieces;
      return [...pieces, ...this.#endValue()];
    }
    if (character === '"') this.#quoted = true;
    else if ('{['.includes(character)) this.#depth += 1;
    else if ('}]'.includes(character)) this.#depth -= 1;
    return structured && this.#depth === 0 ? [...pieces, ...this.#endValue()] : pieces;
  }

  /** One more character of arguments that are an object; those written as a JSON string wait for their end. */
  #piece(character: string): CallPiece[] {
    if (!this.argumentsKeys.includes(this.#key) || this.#value.startsWith('"')) return [];
    return this.#arguments(character);
  }

  #arguments(text: string): CallPiece[] {
    if (this.#name !== null) return [{ kind: 'arguments', text }];
    this.#early += text;
    return [];
  }

  #endValue(): CallPiece[] {
    const [key, value] = [this.#key, this.#value];
    this.#key = '';
    this.#value = '';
    this.#place = 'after';
    if (this.argumentsKeys.includes(key) && value.startsWith('"')) return this.#arguments(textOf(value) ?? value);
    const name = key === 'name' ? textOf(value) : null;
    if (name === null || this.#name !== null) return [];
    this.#name = name;
    const early = this.#early;
    return early === '' ? [{ kind: 'name', name }] : [{ kind: 'name', name }, { kind: 'arguments', text: early }];
  }

  #afterValue(character: string): void {
    if (character === ',') this.#place = 'key';
    else if (character === '}') this.#place = this.#name === null ? 'broken' : 'done';
    else if (!isSpace(character)) this.#place = 'broken';
  }
}

export function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r';
}

/** The text of a JSON string; null if it is none. */
function textOf(json: string): string | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : null;
  } catch {
    return null; // A model wrote it.
  }
}
