/** So long between two turns (ms), and somebody else had this core meanwhile. */
const lostMs = 0.3;
/** Waits that sleep at once after a core was lost: the least, and the most when it is lost again and again. */
const leastRest = 64;
const mostRest = 4096;

/**
 * Keeps this thread's event loop polling for a short while instead of sleeping: on an idle core, waking up costs as much
 * as a whole trip of 16 KiB over TLS. The loop stays free for everything else meanwhile. Where others want the core, one that
 * polls is made to wait its turn, while one that sleeps is woken at once: so a lost core stops the polling for a while.
 */
export class LoopSpin {
  #until = 0;
  #last = 0;
  #turning = false;
  #resting = 0;
  #rest = leastRest;
  readonly #turn = (): void => {
    const now = this.now();
    if (this.#until > 0 && now - this.#last > lostMs) this.#lose();
    this.#last = now;
    this.#turning = this.#until > 0 && now < this.#until;
    if (this.#turning) setImmediate(this.#turn);
  };

  /** @param microseconds how long to poll before sleeping; 0 never polls, which suits busy cores. */
  constructor(private readonly microseconds: number, private readonly now: () => number = () => performance.now()) {}

  start(): void {
    if (this.microseconds <= 0) return;
    if (this.#resting > 0) {
      this.#resting -= 1;
      return;
    }
    this.#last = this.now();
    this.#until = this.#last + this.microseconds / 1000;
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  stop(): void {
    if (this.#until > 0) this.#rest = Math.max(leastRest, this.#rest - 1);
    this.#until = 0;
  }

  #lose(): void {
    this.#until = 0;
    this.#resting = this.#rest;
    this.#rest = Math.min(mostRest, this.#rest * 2);
  }
}
