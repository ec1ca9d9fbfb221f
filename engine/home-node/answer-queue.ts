import { InterruptedError } from '../errors.js';

interface Waiting {
  onPlace: (place: number) => void;
  begin: () => void;
}

/** One answer at a time; the others wait in the order they came, and are told their place. */
export class AnswerQueue {
  #busy = false;
  readonly #waiting: Waiting[] = [];

  constructor(private readonly onChanged: () => void = () => undefined) {}

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves when it is this one's turn, with what ends the turn. `onPlace` is told the place in the queue, 1 being next,
   * at once and whenever it changes. Rejects with InterruptedError when `signal` aborts before.
   */
  turn(onPlace: (place: number) => void, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(new InterruptedError());
    if (!this.#busy) {
      this.#busy = true;
      return Promise.resolve(this.#release());
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#tellPlaces();
        reject(new InterruptedError());
      };
      const waiting = {
        onPlace,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve(this.#release());
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      onPlace(this.#waiting.length);
      this.onChanged();
    });
  }

  #release(): () => void {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy = false;
      else next.begin();
      this.#tellPlaces();
    };
  }

  #tellPlaces(): void {
    for (const [index, { onPlace }] of this.#waiting.entries()) onPlace(index + 1);
    this.onChanged();
  }
}
