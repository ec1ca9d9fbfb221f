import { HearthError, WrongUseError } from '../errors.js';

/** A model that could not be fetched: the sentence says from where, why, and what to do. */
export class DownloadFailedError extends HearthError {
  constructor(code: string, sentence: string, options?: ErrorOptions) {
    super(code, sentence, 3, options);
  }
}

/** A name that no model of the cache answers to, or that several answer to. */
export class ModelNotFoundError extends WrongUseError {
  constructor(sentence: string) {
    super('MODEL_NOT_FOUND', sentence);
  }
}
