import { InvalidArgumentError } from 'commander';

const units: Record<string, number> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40,
};

/** Bytes of `3GB`, `800 MiB`, `1.5g` or a plain number, for commander. */
export function byteSize(value: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value);
  const unit = (match?.[2] ?? '').toLowerCase();
  const factor = units[unit] ?? units[`${unit}b`];
  const bytes = Math.round(Number(match?.[1]) * (factor ?? NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidArgumentError('Give a size such as 3GB or 800MiB.');
}
