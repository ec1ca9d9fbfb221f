import type { Link } from '../wire/link.js';

/** A node sends one each second; one that was silent for four is lost: within five seconds of its death all know. */
const intervalMs = 1_000;
const silenceMs = 4_000;

/** Keeps one session link alive and notices a peer that fell silent without closing (a frozen or unplugged laptop). */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  #lastHeard: number;
  #lastTick: number;

  constructor(link: Link, onSilence: () => void, private readonly now: () => number = () => performance.now()) {
    this.#lastHeard = this.now();
    this.#lastTick = this.now();
    this.#timer = setInterval(() => {
      // After a sleep of our own, or a long stall, nothing could have been heard: the peer gets another chance.
      if (this.now() - this.#lastTick > 2 * intervalMs) this.#lastHeard = this.now();
      this.#lastTick = this.now();
      if (this.now() - this.#lastHeard > silenceMs) onSilence();
      else link.send('heartbeat', {});
    }, intervalMs);
  }

  /** Anything that arrives is a sign of life. */
  heard(): void {
    this.#lastHeard = this.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
