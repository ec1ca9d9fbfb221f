import type { GenerationEvent } from '../generate/generation.js';
import type { TextModel } from '../generate/text-model.js';
import type { AnswerRequest } from '../loaded-model.js';

/** Whether a model can answer now; if not, why, in a sentence for people. */
export type ModelHealth = { ready: true } | { ready: false; reason: string };

/** All that the server needs of a loaded model. One answer at a time. */
export interface ServedModel {
  readonly text: Pick<TextModel, 'opened' | 'tokenizer' | 'encode'>;
  /** Positions there is room for, prompt and answer together. */
  readonly contextTokens: number;
  /** Left out by a model that is always ready. A request that comes meanwhile waits in `generate`. */
  health?(): ModelHealth;
  generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void>;
}
