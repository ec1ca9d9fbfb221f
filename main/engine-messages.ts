import type { AnswerEvent } from './bridge.js';

/** What main tells the engine's process. Both ends are this app, started together, so types are enough. */
export type ToEngine =
  | { type: 'ask'; answer: number; prompt: string }
  | { type: 'stop'; answer: number };

/** What the engine's process tells main. */
export type FromEngine = { type: 'ready' } | { type: 'answer'; event: AnswerEvent };

/** How the engine is started, as arguments of its process. */
export interface EngineSettings {
  /** A folder, a GGUF file, or a name of the model cache; null until one is chosen. */
  modelPath: string | null;
}
