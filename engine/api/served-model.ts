import type { GenerationEvent } from '../generate/generation.js';
import type { TextModel } from '../generate/text-model.js';
import type { AnswerRequest } from '../loaded-model.js';

/** All that the server needs of a loaded model. One answer at a time. */
export interface ServedModel {
  readonly text: Pick<TextModel, 'opened' | 'tokenizer' | 'encode'>;
  /** Positions there is room for, prompt and answer together. */
  readonly contextTokens: number;
  generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void>;
}
