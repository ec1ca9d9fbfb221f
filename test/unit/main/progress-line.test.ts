import { expect, test } from 'vitest';
import type { Progress } from '../../../engine/report/progress.js';
import { formatBytes, formatDuration } from '../../../engine/report/readable-amounts.js';
import { ProgressLine, progressText } from '../../../main/progress-line.js';

const at = (share: number, label = 'Downloading m'): Progress => ({
  label,
  doneBytes: share * 200e6,
  totalBytes: 200e6,
  bytesPerSecond: 12.5e6,
  secondsLeft: (1 - share) * 16,
});

class Output {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 100,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

test('a line tells share, bytes, rate and time left', () => {
  expect(progressText(at(0.25), 8)).toBe('Downloading m [##------] 25% (50.0 MB of 200.0 MB, 12.5 MB/s, 12 s left)');
  expect(progressText({ ...at(0), bytesPerSecond: 0, secondsLeft: null }, 0)).toBe(
    'Downloading m 0% (0 B of 200.0 MB)',
  );
});

test('on a terminal one line is redrawn in place, never wider than it, and ended at the end', () => {
  const output = new Output(true, 40);
  const line = new ProgressLine(output, () => 0);
  for (const share of [0, 0.5, 1]) line.show(at(share));
  line.end();
  const draws = output.text.split('\r\u001b[2K').slice(1);
  expect(draws).toHaveLength(3);
  for (const draw of draws) expect(draw.trimEnd().length).toBeLessThan(40);
  expect(output.text.match(/\n/g)).toHaveLength(1);
});

test('in a log there are a few plain lines, the last one whole', () => {
  const output = new Output(false);
  const line = new ProgressLine(output, () => 0);
  for (let step = 0; step <= 1000; step++) line.show(at(step / 1000));
  const lines = output.text.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines.at(-1)).toContain('100%');
  expect(output.text).not.toMatch(/[\r\u001b]/);
});

test('in a log a slow step still shows signs of life', () => {
  const output = new Output(false);
  let now = 0;
  const line = new ProgressLine(output, () => now);
  for (; now <= 60_000; now += 1000) line.show(at(0.01));
  expect(output.text.trimEnd().split('\n')).toHaveLength(5);
});

test('amounts are readable', () => {
  expect([0, 999, 1000, 269_060_552, 999_960, 140e9].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '269.1 MB',
    '1.0 MB',
    '140.0 GB',
  ]);
  expect([0.2, 59, 200, 7500].map(formatDuration)).toEqual(['1 s', '59 s', '3 min 20 s', '2 h 5 min']);
});
