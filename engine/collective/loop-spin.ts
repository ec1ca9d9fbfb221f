/**
 * Keeps this thread's event loop polling for a short while instead of sleeping: on an idle core, waking up costs as much
 * as a whole trip of 16 KiB over TLS. The loop stays free for everything else meanwhile.
 */
export class LoopSpin {
  #until = 0;
  #turning = false;
  readonly #turn = (): void => {
    this.#turning = this.#until > 0 && performance.now() < this.#until;
    if (this.#turning) setImmediate(this.#turn);
  };

  /** @param microseconds how long to poll before sleeping; 0 never polls, which suits busy cores. */
  constructor(private readonly microseconds: number) {}

  start(): void {
    if (this.microseconds <= 0) return;
    this.#until = performance.now() + this.microseconds / 1000;
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(this.#turn);
  }

  stop(): void {
    this.#until = 0;
  }
}
