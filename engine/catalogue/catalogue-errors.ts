import { HearthError, WrongUseError, type DetailsOf } from '../errors.js';
import type { Code } from '../saying.js';

/** A model that could not be fetched: the sentence says from where, why, and what to do. */
export class DownloadFailedError<C extends Code = Code> extends HearthError {
  constructor(code: C, sentence: string, ...[details]: DetailsOf<C>) {
    super(code, sentence, 3, details);
  }
}

/** A name that no model of the cache answers to, or that several answer to. */
export class ModelNotFoundError extends WrongUseError {
  constructor(file: string, sentence: string) {
    super('MODEL_NOT_FOUND', sentence, { values: { file } });
  }
}
