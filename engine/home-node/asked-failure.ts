import { HearthError, sayingOf, toldError } from '../errors.js';
import type { AskedEvent } from '../wire/asked.js';

type Failed = Extract<AskedEvent, { kind: 'failed' }>;

/** A failure of an answer, as it travels to who asked. Never holds a prompt, since no error does. */
export function failedEvent(error: unknown): Failed {
  return { kind: 'failed', ...sayingOf(error), exitCode: error instanceof HearthError ? error.exitCode : 4 };
}

/** The failure again, at the laptop that asked. */
export function failureOf(failed: Failed): HearthError {
  return toldError(failed, failed.exitCode);
}
