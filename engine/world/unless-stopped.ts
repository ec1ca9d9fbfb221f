import { HearthError, InterruptedError } from '../errors.js';

/**
 * Waits for `work`, but no longer than until `signal` aborts: then `act` is called, and it rejects with the signal's reason,
 * if that is one for people, else with InterruptedError. What is left of `work` is the caller's to end.
 */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal, act: () => void = () => undefined): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      act();
      reject(signal.reason instanceof HearthError ? signal.reason : new InterruptedError());
    };
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    // A signal may outlive many runs.
    signal.removeEventListener('abort', stop);
  }
}
