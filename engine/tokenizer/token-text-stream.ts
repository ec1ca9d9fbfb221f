import type { Tokenizer } from './tokenizer.js';

/**
 * Turns an answer's tokens into text piece by piece, for an answer that goes on from a prompt. A piece never holds
 * half a character: the bytes wait until their character is complete, or certain never to be.
 */
export declare class TokenTextStream {
  constructor(tokenizer: Tokenizer);
  /** Text that is safe to show now that `token` has come; often empty while a character is incomplete. */
  push(token: number): string;
  /** What was still waiting when the answer ended; an incomplete character becomes U+FFFD. */
  flush(): string;
}
