import { ApiError } from './api-error.js';

interface Waiting {
  enter: () => void;
}

/** Lets one request generate at a time, in the order they came, and only so many wait. */
export class RequestQueue {
  readonly #waiting: Waiting[] = [];
  #running = false;

  /** @param mostWaiting requests that may wait while one is answered */
  constructor(private readonly mostWaiting: number) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running ? 1 : 0;
  }

  /**
   * Resolves when it is this request's turn, with a function that ends the turn (call it once). Rejects with the
   * signal's reason when that aborts first.
   *
   * @throws ApiError 429, at once, when too many wait already
   */
  enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const endTurn = (): void => this.#next();
    if (this.#running) return this.#wait(signal).then(() => endTurn);
    this.#running = true;
    return Promise.resolve(endTurn);
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.mostWaiting) {
      throw new ApiError(429, `${this.#waiting.length} requests are waiting already: try again later.`, {
        type: 'rate_limit_error', code: 'queue_full', headers: { 'Retry-After': '5' },
      });
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        enter: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Hands the turn on without a moment in which a newcomer could take it. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running = false;
    else next.enter();
  }
}
