/** Lets one question at a time be answered, in the order they came, and tells those that wait their place. */
export class TurnQueue {
  readonly #waiting: Waiting[] = [];
  #running = false;

  /**
   * Yields the places until it is this question's turn: 1 is next. Ends with the turn, or when `signal` aborts.
   * Call {@link leave} with the returned ticket when done, whatever happened.
   */
  async *enter(ticket: object, signal: AbortSignal): AsyncGenerator<number, void> {
    const waiting: Waiting = { ticket, tell: null, turn: false };
    if (!this.#running) {
      this.#running = true;
      this.#holder = ticket;
      return;
    }
    this.#waiting.push(waiting);
    const wake = (): void => waiting.tell?.();
    signal.addEventListener('abort', wake, { once: true });
    for (let told = 0; !waiting.turn && !signal.aborted; ) {
      const place = this.#waiting.indexOf(waiting) + 1;
      if (place !== told) yield (told = place);
      else await new Promise<void>((resolve) => (waiting.tell = resolve));
    }
    signal.removeEventListener('abort', wake);
  }

  /** Ends a question's turn, or its waiting for one. */
  leave(ticket: object): void {
    const at = this.#waiting.findIndex((waiting) => waiting.ticket === ticket);
    if (at !== -1) this.#waiting.splice(at, 1);
    if (ticket === this.#holder) this.#next();
    for (const { tell } of this.#waiting) tell?.();
  }

  #holder: object | null = null;

  #next(): void {
    const next = this.#waiting.shift();
    this.#running = next !== undefined;
    this.#holder = next?.ticket ?? null;
    if (next === undefined) return;
    next.turn = true;
    next.tell?.();
  }
}

interface Waiting {
  ticket: object;
  tell: (() => void) | null;
  turn: boolean;
}
