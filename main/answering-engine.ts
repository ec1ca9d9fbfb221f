import type { AnswerFigures, AnswerProgress, Turn } from './bridge-shapes/conversation.js';
import type { ChatSampling } from './bridge-shapes/sampling.js';

/** A question as the app asks it: a conversation whose last turn is to be answered. */
export interface ChatQuestion {
  messages: readonly Turn[];
  sampling: Omit<ChatSampling, 'seed' | 'maxTokens'> & { seed: number };
  maxTokens: number;
}

/** What comes of a question, in order: what it waits for, pieces of text, and its end. */
export type AnswerPiece =
  | AnswerProgress
  | { type: 'text'; text: string }
  | ({ type: 'end'; reason: 'finished' | 'full' | 'stopped' } & AnswerFigures);

/** All that the app needs of an engine to show one answer. `open-engine.ts` makes one; tests make their own. */
export interface AnsweringEngine {
  /** Streams the answer to a question; ends soon after `signal` aborts, with the reason `stopped`. */
  answer(question: ChatQuestion, signal: AbortSignal): AsyncIterable<AnswerPiece>;
  close(): Promise<void>;
}
