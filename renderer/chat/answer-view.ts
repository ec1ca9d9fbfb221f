import type { AnswerEvent } from '../../main/bridge.js';

/** What the window shows of the latest answer. */
export interface AnswerView {
  /** The answer's number; 0 before the first. */
  answer: number;
  text: string;
  running: boolean;
  /** Why it failed, as a sentence; null if it did not. */
  failure: string | null;
}

export const noAnswer: AnswerView = { answer: 0, text: '', running: false, failure: null };

/** The next answer, before anything came. */
export function beginAnswer(view: AnswerView): AnswerView {
  return { answer: view.answer + 1, text: '', running: true, failure: null };
}

/** The view after an event; events of earlier answers change nothing. */
export function hearAnswer(view: AnswerView, event: AnswerEvent): AnswerView {
  if (event.answer !== view.answer) return view;
  if (event.type === 'text') return { ...view, text: view.text + event.text };
  if (event.type === 'failed') return { ...view, running: false, failure: event.sentence };
  return { ...view, running: false };
}
