import { ClusterFailedError } from '../errors.js';

const tries = 3;
const lockMs = 60_000;

/**
 * Three wrong tries lock pairing for a minute. A try counts from when the other end can learn from it whether it was
 * right, and is taken back when it was: who hangs up early gains nothing.
 */
export class PairingLock {
  #failed = 0;
  #lockedUntil = -Infinity;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Throws ClusterFailedError PAIRING_LOCKED. */
  check(): void {
    const leftMs = this.#lockedUntil - this.now();
    if (leftMs <= 0) return;
    throw new ClusterFailedError(
      'PAIRING_LOCKED',
      `Three tries were wrong: pairing is locked for another ${Math.ceil(leftMs / 1000)} s. Try again then.`,
      { values: { wait: { seconds: Math.ceil(leftMs / 1000) } } },
    );
  }

  /** Counts a try. Throws ClusterFailedError PAIRING_LOCKED. */
  begin(): void {
    this.check();
    this.#failed += 1;
    if (this.#failed < tries) return;
    this.#failed = 0;
    this.#lockedUntil = this.now() + lockMs;
  }

  /** The try was right. */
  succeed(): void {
    this.#failed = 0;
    this.#lockedUntil = -Infinity;
  }
}
