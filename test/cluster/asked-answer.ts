import { expect } from 'vitest';
import { HearthError } from '../../engine/errors.js';
import { RunningNode } from '../../main/node-socket/socket-client.js';
import type { HomeLaptop } from './home-laptops.js';

/** Two best logits nearer than this may change places with the order of summation. */
const nearTie = 1e-3;
/** Nothing of an answer for so long, and it hangs (ms). */
const patienceMs = 60_000;

/** An answer as whoever asked has it. Times are of `Date.now()`. */
export interface Answer {
  readonly tokens: number[];
  readonly margins: number[];
  /** When it was asked for, then when each token came. */
  readonly times: number[];
  /** Who was said to be lost in the middle of it. */
  readonly pausedBy: string[];
  readonly failure: HearthError | null;
  readonly endedAt: number;
}

/** Asks greedily through the node of a laptop. Rejects where the answer hangs. */
export async function askedAnswer(laptop: HomeLaptop, prompt: string, length: number, onTokens: (tokens: number) => void = () => undefined): Promise<Answer> {
  const node = await RunningNode.find(laptop.folder);
  const stop = new AbortController();
  const hangs = (): NodeJS.Timeout => setTimeout(() => stop.abort(), patienceMs);
  const [tokens, margins, pausedBy]: [number[], number[], string[]] = [[], [], []];
  const times = [Date.now()];
  let failure: HearthError | null = null;
  let timer = hangs();
  try {
    for await (const event of node!.ask({ prompt: { kind: 'text', text: prompt }, sampling: { temperature: 0 }, maxTokens: length }, stop.signal)) {
      clearTimeout(timer);
      timer = hangs();
      if (event.kind === 'paused') pausedBy.push(event.name);
      if (event.kind !== 'token') continue;
      times.push(Date.now());
      tokens.push(event.token);
      margins.push(event.margin);
      onTokens(tokens.length);
    }
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    failure = error;
  } finally {
    clearTimeout(timer);
  }
  if (stop.signal.aborted) throw new Error(`the answer hangs after ${tokens.length} tokens`);
  return { tokens, margins, times, pausedBy, failure, endedAt: Date.now() };
}

/** The longest that whoever reads waited for the next token, in seconds, counted from the loss (`Date.now()`) at the earliest. */
export function longestWait({ times }: Answer, lostAt: number): number {
  const waits = times.slice(1).map((time, index) => time - Math.max(times[index]!, lostAt));
  return Math.max(...waits) / 1000;
}

/** Equal, but for what follows a near-tie of the two best tokens, which is printed. */
export function expectSame(answer: Answer, whole: Answer, said: string): void {
  const differs = whole.tokens.findIndex((token, index) => answer.tokens[index] !== token);
  if (differs !== -1 && (whole.margins[differs] ?? Infinity) < nearTie) {
    console.log(`${said}: a near-tie at token ${differs}, the two best logits were ${whole.margins[differs]} apart.`);
    expect(answer.tokens, said).toHaveLength(whole.tokens.length);
    return;
  }
  expect(answer.tokens, said).toEqual(whole.tokens);
}
