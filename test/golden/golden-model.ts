import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'models');

/** The small models whose answers `transformers` gave in F32 (see README.md beside this file). */
export const goldenNames = [
  'llama-gqa', 'llama1-mha', 'llama3-rope', 'mistral', 'odd-heads', 'qwen2', 'qwen3', 'sharded', 'tied',
] as const;

export interface GoldenModel {
  /** A copy in a temporary folder, complete with a tokenizer; goes away with the process. */
  path: string;
  vocab: number;
  /** 40 token ids. */
  prompt: number[];
  /** 64 token ids. */
  greedy: number[];
  /** Position p's row follows token p of prompt + greedy. */
  logits: { position: number; row: Float32Array }[];
}

export function goldenModel(name: (typeof goldenNames)[number]): GoldenModel {
  const stored = join(folder, name);
  const path = completeCopy(stored);
  const golden = JSON.parse(readFileSync(join(stored, 'golden.json'), 'utf8')) as {
    vocab: number; prompt: number[]; greedy: number[]; logit_positions: number[];
  };
  const bytes = readFileSync(join(stored, 'golden-logits.f32'));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const { vocab, prompt, greedy } = golden;
  const logits = golden.logit_positions.map((position, index) => ({
    position, row: all.slice(index * vocab, (index + 1) * vocab),
  }));
  return { path, vocab, prompt, greedy, logits };
}

const copies: string[] = [];
process.once('exit', () => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

/** Most golden models are weights only; the one tokenizer there is completes them. Slices made beside a copy do no harm. */
function completeCopy(stored: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'hearth-golden-'));
  copies.push(copy);
  const tokenizer = join(folder, 'llama-gqa', 'tokenizer.json');
  copyFileSync(tokenizer, join(copy, 'tokenizer.json'));
  for (const file of readdirSync(stored)) {
    if (!file.startsWith('golden')) copyFileSync(join(stored, file), join(copy, file));
  }
  return copy;
}

/** The largest distance of two rows of logits. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
    if (!(difference <= most)) most = difference;
  }
  return most;
}
