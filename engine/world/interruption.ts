import { HearthError, InterruptedError } from '../errors.js';

/** Rejects when `signal` aborts, with its reason if that is one for people, after `act`; never resolves. */
export function interruption(signal: AbortSignal, act: () => void = () => undefined): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    const stopped = (): void => {
      act();
      reject(signal.reason instanceof HearthError ? signal.reason : new InterruptedError());
    };
    signal.addEventListener('abort', stopped, { once: true });
    if (signal.aborted) stopped();
  });
  stop.catch(() => undefined);
  return stop;
}
