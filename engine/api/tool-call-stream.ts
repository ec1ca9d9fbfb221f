import { CallReader, isSpace, type CallPiece } from './call-reader.js';
import type { ToolDialect } from './tool-dialect.js';

/** A piece of an answer that may call tools. Calls are counted from 0. */
export type AnswerPart =
  | { kind: 'content'; text: string }
  | { kind: 'call'; index: number; name: string }
  | { kind: 'arguments'; index: number; text: string };

/**
 * Tells an answer's text and its tool calls apart while it comes. What looks like the beginning of a call waits until
 * it is certain; what turns out to be none is text after all.
 */
export class ToolCallStream {
  #mode: 'text' | 'calls' | 'call' | 'over';
  /** Text that could be the beginning of a mark, or everything of a call that is not yet certain. */
  #held = '';
  #call: CallReader | null = null;
  #calls = 0;
  #named = false;
  #begun = false;

  /**
   * @param names of the tools there are
   * @param expected `forced`: the answer begins within a call, since the prompt has opened one already; `single`: what
   * comes after one call is not heard
   */
  constructor(
    private readonly dialect: ToolDialect,
    private readonly names: ReadonlySet<string>,
    private readonly expected: { forced?: boolean; single?: boolean } = {},
  ) {
    this.#mode = expected.forced === true ? 'calls' : 'text';
  }

  get calls(): number {
    return this.#calls;
  }

  push(text: string): AnswerPart[] {
    return joined(Array.from(text).flatMap((character) => this.#read(character)));
  }

  /** What was still held when the answer ended. */
  end(): AnswerPart[] {
    const held = this.#named ? '' : this.#held;
    this.#held = '';
    return this.#content(held);
  }

  #read(character: string): AnswerPart[] {
    if (this.#mode === 'text') return this.#readText(character);
    if (this.#mode === 'call') return this.#readCall(character);
    if (this.#mode === 'over') return [];
    if (character === '{') return this.#beginCall(character);
    if (isSpace(character) || '[,;'.includes(character)) return [];
    this.#mode = 'text';
    return character === ']' ? [] : this.#readText(character);
  }

  #readText(character: string): AnswerPart[] {
    if (this.dialect.opening === '' && !this.#begun && this.#held === '' && character === '{') return this.#beginCall(character);
    this.#held += character;
    for (const mark of [this.dialect.opening, this.dialect.closing]) {
      if (mark === '' || !this.#held.endsWith(mark)) continue;
      const before = this.#held.slice(0, -mark.length);
      this.#held = '';
      if (mark === this.dialect.opening) this.#mode = 'calls';
      return this.#content(before);
    }
    const waits = this.#longestBeginning();
    const ready = this.#held.slice(0, this.#held.length - waits);
    this.#held = this.#held.slice(ready.length);
    return this.#content(ready);
  }

  #longestBeginning(): number {
    const marks = [this.dialect.opening, this.dialect.closing];
    const longest = Math.min(this.#held.length, Math.max(...marks.map((mark) => mark.length - 1)));
    for (let length = longest; length > 0; length--) {
      const end = this.#held.slice(-length);
      if (marks.some((mark) => mark.length > length && mark.startsWith(end))) return length;
    }
    return 0;
  }

  #beginCall(character: string): AnswerPart[] {
    this.#mode = 'call';
    this.#held = '';
    this.#named = false;
    this.#call = new CallReader(['arguments', 'parameters']);
    return this.#readCall(character);
  }

  #readCall(character: string): AnswerPart[] {
    const call = this.#call!;
    if (!this.#named) this.#held += character;
    const parts = call.push(character).flatMap((piece) => this.#callPart(piece));
    if (this.#mode !== 'call' || (!call.done && !call.broken)) return parts;
    const held = this.#named ? '' : this.#held;
    this.#held = '';
    this.#mode = this.#named ? this.#afterCall() : 'text';
    return [...parts, ...this.#content(held)];
  }

  #afterCall(): 'text' | 'calls' | 'over' {
    if (this.expected.single === true) return 'over';
    return this.dialect.listed || this.dialect.opening === '' ? 'calls' : 'text';
  }

  #callPart(piece: CallPiece): AnswerPart[] {
    if (piece.kind === 'arguments') return this.#named ? [{ kind: 'arguments', index: this.#calls - 1, text: piece.text }] : [];
    if (!this.names.has(piece.name)) {
      // Nothing that could be called: the answer means its words.
      const held = this.#held;
      this.#held = '';
      this.#mode = 'text';
      return this.#content(held);
    }
    this.#named = true;
    this.#held = '';
    return [{ kind: 'call', index: this.#calls++, name: piece.name }];
  }

  /** Spaces before the first word, and between calls, are no content. */
  #content(text: string): AnswerPart[] {
    const shown = this.#calls > 0 ? text.trimStart() : text;
    if (shown.trim() !== '') this.#begun = true;
    return shown === '' ? [] : [{ kind: 'content', text: shown }];
  }
}

/** Neighbouring pieces of the same thing as one. */
function joined(parts: readonly AnswerPart[]): AnswerPart[] {
  const result: AnswerPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.kind === 'content' && part.kind === 'content') last.text += part.text;
    else if (last?.kind === 'arguments' && part.kind === 'arguments' && last.index === part.index) last.text += part.text;
    else result.push({ ...part });
  }
  return result;
}
