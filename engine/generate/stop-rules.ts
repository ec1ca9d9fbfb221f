/** Why an answer is over: the model ended its turn, a stop string came, or there is no room for more. */
export type FinishReason = 'stop' | 'length' | 'end';

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

/** Decides after every token whether the answer is over, and how much of its text may be shown. */
export declare class StopRules {
  /** `promptTokens` positions are taken before the answer begins. */
  constructor(limits: StopLimits, promptTokens: number);
  /** True if `token` ends the turn: then it has no text, and `accept` is called with an empty piece. */
  isEnd(token: number): boolean;
  /** `piece` is the text the token added, which may be empty while a character is incomplete. */
  accept(token: number, piece: string): Verdict;
  /** Gives out what was held back when the answer is over; `piece` is the last text of the token stream. */
  flush(piece: string): string;
}
