import type { Tokenizer } from './tokenizer.js';

/**
 * Turns an answer's tokens into text piece by piece. A piece never holds half a character: its bytes wait until the
 * character is complete, or certain never to be (then it is U+FFFD, just where a decoder of the whole puts it).
 *
 * The answer goes on from a prompt, so a first space is part of it. `atTextStart` says that there is no prompt:
 * then the pieces are together what `tokenizer.decode` gives.
 */
export class TokenTextStream {
  readonly #tokenizer: Tokenizer;
  // A byte order mark is a character of the answer like any other.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #mayDropSpace: boolean;

  constructor(tokenizer: Tokenizer, options: { atTextStart: boolean } = { atTextStart: false }) {
    this.#tokenizer = tokenizer;
    this.#mayDropSpace = options.atTextStart && tokenizer.dropsFirstSpace;
  }

  /** Text that is safe to show now that `token` has come; often empty while a character is incomplete. */
  push(token: number): string {
    const bytes = this.#tokenizer.tokenBytes(token);
    if (bytes.length === 0) return '';
    const start = this.#mayDropSpace && bytes[0] === 0x20 ? 1 : 0;
    this.#mayDropSpace = false;
    return this.#decoder.decode(start === 0 ? bytes : bytes.subarray(start), { stream: true });
  }

  /** What was still waiting when the answer ended: U+FFFD for a character that never became complete. */
  flush(): string {
    return this.#decoder.decode();
  }
}
