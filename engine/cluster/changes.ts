/** Lets many wait until something they look at has changed. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Everybody who waits looks again. */
  tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next change, after `leftMs`, or when `signal` aborts; whoever waits looks which it was. */
  next(leftMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting;
      const timer = Number.isFinite(leftMs) ? setTimeout(done, leftMs) : undefined;
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        waiting.delete(done);
        resolve();
      }
      waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
