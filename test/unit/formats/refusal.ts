import { expect } from 'vitest';
import { ModelUnusableError } from '../../../engine/errors.js';

/** Waits for a refusal with this code, whose one line holds every one of `parts`. */
export async function expectRefusal(attempt: Promise<unknown>, code: string, ...parts: string[]): Promise<void> {
  const error: unknown = await attempt.then(
    () => 'no refusal',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelUnusableError);
  const { message, code: found, exitCode } = error as ModelUnusableError;
  expect({ code: found, exitCode, message }).toMatchObject({ code, exitCode: 3 });
  expect(message).not.toMatch(/[\n\r\u001b]/);
  for (const part of parts) expect(message).toContain(part);
}
