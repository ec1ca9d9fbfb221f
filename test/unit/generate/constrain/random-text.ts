import { RunningAutomaton } from '../../../../engine/generate/constrain/running-automaton.js';
import type { Automaton } from '../../../../engine/generate/constrain/automaton.js';
import { uniformAt } from '../../../../engine/generate/seeded-random.js';

/** Numbers from 0 to below 1. */
export function randomFrom(seed: number): () => number {
  let position = 0;
  return () => uniformAt(seed, position++);
}

const mostBytes = 20_000;

/** A random text that an automaton accepts: any byte that may come, and more often one that ends something. */
export function randomText(automaton: Automaton, random: () => number): string {
  const running = new RunningAutomaton(automaton);
  const bytes: number[] = [];
  for (let at = running.start; bytes.length < mostBytes; ) {
    const possible = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => running.step(at, byte) !== null);
    if (at.complete && (possible.length === 0 || random() < 0.5)) return Buffer.from(bytes).toString('utf8');
    if (possible.length === 0) throw new Error(`a dead end after ${Buffer.from(bytes).toString('utf8')}`);
    const closing = possible.filter((byte) => '"]}n0'.includes(String.fromCharCode(byte)));
    const from = closing.length > 0 && random() < 0.4 ? closing : possible;
    const byte = from[Math.floor(random() * from.length)]!;
    bytes.push(byte);
    at = running.step(at, byte)!;
  }
  throw new Error('a text that does not end');
}
