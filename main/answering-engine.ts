/** A piece of an answer, or its end. */
export type AnswerPiece = { type: 'text'; text: string } | { type: 'end'; reason: 'finished' | 'full' | 'stopped' };

/** All that the app needs of an engine to show one answer. `open-engine.ts` makes one; tests make their own. */
export interface AnsweringEngine {
  /** Streams the answer to a prompt; ends soon after `signal` aborts, with the reason `stopped`. */
  answer(prompt: string, signal: AbortSignal): AsyncIterable<AnswerPiece>;
  close(): Promise<void>;
}
