import { ClusterFailedError, HearthError, InterruptedError, ModelUnusableError, WrongUseError } from '../errors.js';
import type { AskedEvent } from '../wire/asked.js';

type Failed = Extract<AskedEvent, { kind: 'failed' }>;

/** A failure of an answer, as it travels to who asked. Never holds a prompt, since no error does. */
export function failedEvent(error: unknown): Failed {
  const known = error instanceof HearthError;
  const sentence = error instanceof Error && error.message !== '' ? error.message : 'It failed for an unknown reason.';
  return {
    kind: 'failed', code: known ? error.code : 'UNEXPECTED', sentence: sentence.slice(0, 1000),
    exitCode: known ? error.exitCode : 4,
  };
}

/** The failure again, at the laptop that asked. */
export function failureOf({ code, sentence, exitCode }: Failed): HearthError {
  switch (exitCode) {
    case 2:
      return new WrongUseError(code, sentence);
    case 3:
      return new TravelledModelError(code, sentence);
    case 4:
      return new ClusterFailedError(code, sentence);
    case 130:
      return new InterruptedError(sentence);
  }
}

/** A model that cannot be used on the master; its sentence was made there. */
class TravelledModelError extends ModelUnusableError {
  constructor(code: string, sentence: string) {
    super(code, '', '', '');
    this.message = sentence;
  }
}
