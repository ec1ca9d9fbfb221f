import type { GenerationEvent } from '../generate/generation.js';

/** What comes of a question to the home, in order. */
export type AnswerEvent =
  /** Others are before it: 1 is next. */
  | { kind: 'queued'; place: number }
  /** A laptop was lost; the answer waits until the others have its part. */
  | { kind: 'paused'; deviceId: string; name: string; reason: string }
  | { kind: 'resumed'; seconds: number }
  | GenerationEvent;
