import { HearthError } from '../engine/errors.js';

/** A failure as the two strings a window can show. */
export function describeFailure(error: unknown): { code: string; sentence: string } {
  if (error instanceof HearthError) return { code: error.code, sentence: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', sentence: `Something unexpected went wrong: ${reason}` };
}
