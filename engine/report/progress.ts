/** One step of long work, as it is shown to a person. */
export interface Progress {
  /** What is being done, e.g. `Loading SmolLM2-135M`. */
  label: string;
  doneBytes: number;
  totalBytes: number;
  /** Bytes per second over the last few seconds; 0 until it is known. */
  bytesPerSecond: number;
  /** Seconds left at that rate; null until it is known. */
  secondsLeft: number | null;
}

export type OnProgress = (progress: Progress) => void;

/** Turns byte counts into {@link Progress} at most every `intervalMs`, with a rate that forgets old stalls. */
export class ProgressMeter {
  readonly #samples: { time: number; bytes: number }[] = [];
  #lastShown = -Infinity;

  constructor(
    private readonly label: string,
    private readonly totalBytes: number,
    private readonly show: OnProgress | undefined,
    private readonly intervalMs = 200,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Reports that `bytes` of the total are done; the last report is always shown. More than the total is all of it: what is read
   * in whole pages comes with a little more than was asked for.
   */
  update(bytes: number): void {
    if (this.show === undefined) return;
    const doneBytes = Math.min(bytes, this.totalBytes);
    const time = this.now();
    const last = doneBytes >= this.totalBytes;
    if (!last && time - this.#lastShown < this.intervalMs) return;
    this.#lastShown = time;
    this.#samples.push({ time, bytes: doneBytes });
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > 5000) this.#samples.shift();
    const first = this.#samples[0];
    const seconds = first === undefined ? 0 : (time - first.time) / 1000;
    const bytesPerSecond = first === undefined || seconds === 0 ? 0 : (doneBytes - first.bytes) / seconds;
    const secondsLeft = bytesPerSecond > 0 ? (this.totalBytes - doneBytes) / bytesPerSecond : null;
    this.show({ label: this.label, doneBytes, totalBytes: this.totalBytes, bytesPerSecond, secondsLeft });
  }
}
