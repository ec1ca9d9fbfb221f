import { WrongUseError } from '../errors.js';

/** Why an answer is over: the model ended its turn, a stop string came, or there is no room for more. */
export type FinishReason = 'end' | 'stop' | 'length';

export interface StopLimits {
  /** Tokens at which the model's turn is over; they are never shown. */
  endTokens: readonly number[];
  /** Texts at which the answer is cut; they are never shown. */
  stopStrings: readonly string[];
  /** Tokens the answer may have. */
  maxTokens: number;
  /** Positions the model's context has, prompt and answer together. */
  maxPositions: number;
}

/** What one more token means for an answer. */
export interface Verdict {
  /** Text that may be shown now. */
  text: string;
  /** null while the answer goes on. */
  finish: FinishReason | null;
}

/**
 * Decides after every token whether the answer is over, and how much of its text may be shown: text that could be the
 * beginning of a stop string waits until it is certain. What is shown does not depend on how the text was cut into
 * pieces: of several stop strings, the one complete first counts, and of those the longest.
 */
export class StopRules {
  readonly #endTokens: ReadonlySet<number>;
  readonly #stopStrings: readonly string[];
  #room: number;
  #held = '';
  #stopped = false;

  /**
   * @param promptTokens positions that are taken before the answer begins
   * @throws WrongUseError STOP_STRING_EMPTY when a stop string is empty
   */
  constructor(limits: StopLimits, promptTokens: number) {
    if (limits.stopStrings.includes('')) {
      throw new WrongUseError('STOP_STRING_EMPTY', 'A stop string is empty; give at least one character, or none.');
    }
    this.#endTokens = new Set(limits.endTokens);
    this.#stopStrings = limits.stopStrings;
    this.#room = Math.max(0, Math.min(limits.maxTokens, limits.maxPositions - promptTokens));
  }

  /** Tokens that may still come; at 0 none may be asked for. */
  get room(): number {
    return this.#room;
  }

  /** True if `token` ends the turn: it has no text, and is accepted with an empty piece. */
  isEnd(token: number): boolean {
    return this.#endTokens.has(token);
  }

  /** `piece` is the text that the token added, which may be empty while a character is incomplete. */
  accept(token: number, piece: string): Verdict {
    this.#room = Math.max(0, this.#room - 1);
    if (this.isEnd(token)) return { text: '', finish: 'end' };
    const { text, stopped } = this.#release(piece);
    if (stopped) return { text, finish: 'stop' };
    return { text, finish: this.#room === 0 ? 'length' : null };
  }

  /**
   * Gives out what waited, when the answer is over without a stop string; `piece` is the last text of the token
   * stream. A stop string that only now is complete is cut all the same.
   */
  flush(piece = ''): string {
    if (this.#stopped) return '';
    const { text, stopped } = this.#release(piece);
    const rest = stopped ? '' : this.#held;
    this.#held = '';
    return text + rest;
  }

  #release(piece: string): { text: string; stopped: boolean } {
    const waiting = this.#held + piece;
    const stop = this.#firstStop(waiting);
    const end = stop ?? waiting.length - this.#longestBeginning(waiting);
    this.#stopped = stop !== null;
    this.#held = this.#stopped ? '' : waiting.slice(end);
    return { text: waiting.slice(0, end), stopped: this.#stopped };
  }

  /** Where the stop string begins that is complete first; null if there is none. */
  #firstStop(text: string): number | null {
    let start: number | null = null;
    let end = Infinity;
    for (const stop of this.#stopStrings) {
      const found = text.indexOf(stop);
      if (found < 0 || found + stop.length > end) continue;
      start = found + stop.length === end && start !== null ? Math.min(start, found) : found;
      end = found + stop.length;
    }
    return start;
  }

  /** Length of the longest end of `text` with which a stop string begins. */
  #longestBeginning(text: string): number {
    let longest = 0;
    for (const stop of this.#stopStrings) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
