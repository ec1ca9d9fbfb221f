/** Turns text into token ids and back, the way one model was trained to. */
export interface Tokenizer {
  /**
   * Token ids of `text`. Special tokens written in the text are recognised either way; `addSpecialTokens` also puts
   * in what the model wants around a prompt (a beginning-of-sequence token, mostly). A rendered chat template holds
   * its own special tokens: encode it with `addSpecialTokens: false`.
   */
  encode(text: string, options: { addSpecialTokens: boolean }): number[];
  /** Text of `tokens` as running text: special tokens are left out, bytes that are not UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string;
  /** The raw bytes this token stands for in running text; empty for special and control tokens and unknown ids. */
  tokenBytes(token: number): Uint8Array;
  /** True for tokens that steer the model and are never shown (begin, end, turn marks). */
  isSpecial(token: number): boolean;
  /**
   * True if `decode` drops one space from the very beginning of a text (SentencePiece puts one there when it encodes).
   */
  readonly dropsFirstSpace: boolean;
  /** Every token at which the model declares its turn over, in ascending order. */
  readonly endTokens: readonly number[];
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  /** One more than the largest token id. */
  readonly vocabSize: number;
}
