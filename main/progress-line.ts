import type { Progress } from '../engine/report/progress.js';
import { formatBytes, formatDuration } from '../engine/report/readable-amounts.js';

/** Where a progress line is written; `process.stderr` is one. */
export interface ProgressOutput {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Share of the work between two plain lines, and the longest silence in milliseconds. */
const plainStep = 0.1;
const plainSilenceMs = 15_000;

/** Draws one line in place on a terminal, and a few plain lines anywhere else (a log file, a pipe). */
export class ProgressLine {
  #open = false;
  #label = '';
  #plainShare = -Infinity;
  #plainTime = -Infinity;

  constructor(
    private readonly output: ProgressOutput,
    private readonly now: () => number = () => performance.now(),
  ) {}

  show(progress: Progress): void {
    if (this.output.isTTY) this.#draw(progress);
    else this.#printSparsely(progress);
  }

  /** Leaves the terminal on a fresh line, so that what follows does not overwrite the bar. */
  end(): void {
    if (this.#open) this.output.write('\n');
    this.#open = false;
  }

  #draw(progress: Progress): void {
    if (this.#open && progress.label !== this.#label) this.end();
    this.#label = progress.label;
    // Some terminals do not know their width and say 0.
    const width = Math.max(20, (this.output.columns || 80) - 1);
    const withBar = progressText(progress, 20);
    const text = withBar.length <= width ? withBar : progressText(progress, 0);
    this.output.write(`\r\u001b[2K${text.slice(0, width)}`);
    this.#open = true;
    if (progress.doneBytes >= progress.totalBytes) this.end();
  }

  #printSparsely(progress: Progress): void {
    const share = shareDone(progress);
    const time = this.now();
    const fresh = progress.label !== this.#label;
    const due = share >= this.#plainShare + plainStep || time - this.#plainTime >= plainSilenceMs;
    const finished = share >= 1 && this.#plainShare < 1;
    if (!fresh && !due && !finished) return;
    this.#label = progress.label;
    this.#plainShare = share;
    this.#plainTime = time;
    this.output.write(`${progressText(progress, 0)}\n`);
  }
}

/** One line without its end: label, bar of `barWidth` cells (0 = none), percent, bytes, rate and time left. */
export function progressText(progress: Progress, barWidth: number): string {
  const share = shareDone(progress);
  const filled = Math.floor(share * barWidth);
  const bar = barWidth > 0 ? ` [${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]` : '';
  const percent = `${Math.floor(share * 100)}%`;
  const bytes = `${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}`;
  const rate = progress.bytesPerSecond > 0 ? `, ${formatBytes(progress.bytesPerSecond)}/s` : '';
  const left = progress.secondsLeft !== null && share < 1 ? `, ${formatDuration(progress.secondsLeft)} left` : '';
  return `${progress.label}${bar} ${percent} (${bytes}${rate}${left})`;
}

function shareDone(progress: Progress): number {
  return progress.totalBytes > 0 ? Math.min(1, progress.doneBytes / progress.totalBytes) : 1;
}

const standardErrorLine = new ProgressLine(process.stderr);

/** Shows a step of long work on standard error. */
export function showProgress(progress: Progress): void {
  standardErrorLine.show(progress);
}

/** Ends the line that {@link showProgress} left open, if any. */
export function endProgress(): void {
  standardErrorLine.end();
}
