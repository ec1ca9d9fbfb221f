/**
 * Splits the time of all-reduces into waiting and wire. Waiting is the time from our own contribution's being on its way
 * until the slowest peer's begins to arrive, less the shortest such time ever seen, which is the wire's own.
 */
export class AllReduceClock {
  allReduces = 0;
  waitMs = 0;
  totalMs = 0;
  #start = 0;
  #sent = 0;
  #floor = Infinity;
  #began = true;
  #waitedNow = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  start(): void {
    this.#start = this.now();
    this.#sent = 0;
    this.#began = false;
    this.#waitedNow = 0;
  }

  /** Our first piece is on its way. */
  sent(): void {
    if (this.#sent === 0) this.#sent = this.now();
  }

  /** The slowest peer's first piece begins to arrive. Later calls of the same all-reduce count nothing. */
  began(): void {
    if (this.#began) return;
    this.#began = true;
    const waited = this.now() - (this.#sent === 0 ? this.#start : this.#sent);
    this.#floor = Math.min(this.#floor, waited);
    this.#waitedNow = waited - this.#floor;
  }

  end(): void {
    this.allReduces += 1;
    this.waitMs += this.#waitedNow;
    this.totalMs += this.now() - this.#start;
  }
}
