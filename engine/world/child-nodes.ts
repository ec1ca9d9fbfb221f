import { NodeLostError } from '../collective/node-lost-error.js';
import type { ChildNode } from '../local-node.js';

/** How long those that are left may take to end by themselves, and how long one that was told to. */
const patienceMs = 3_000;
const killedMs = 2_000;

/** The other ranks of a run that were started, or asked to come, by this master. */
export class ChildNodes {
  readonly #nodes = new Map<number, ChildNode>();

  add(rank: number, node: ChildNode): void {
    this.#nodes.set(rank, node);
  }

  /** Never resolves; rejects with NodeLostError when one of them ends: it has said why. */
  async lost(): Promise<never> {
    const ends = [...this.#nodes].map(async ([rank, node]) => ({ rank, line: await node.exited }));
    if (ends.length === 0) return new Promise<never>(() => undefined);
    const { rank, line } = await Promise.race(ends);
    throw new NodeLostError(rank, line === '' ? 'its process ended.' : line.replace(/^hearth: /, ''));
  }

  /** Waits until all have ended; those in `gone` cannot end by themselves, and any that does not is made to. Never rejects. */
  async end(gone: readonly number[]): Promise<void> {
    for (const rank of gone) this.#nodes.get(rank)?.kill();
    const left = [...this.#nodes].filter(([rank]) => !gone.includes(rank)).map(([, node]) => node);
    if (await endedWithin(left, patienceMs)) return;
    for (const node of left) node.kill();
    // A laptop that cannot be reached will not say that it has ended.
    await endedWithin(left, killedMs);
  }
}

async function endedWithin(nodes: readonly ChildNode[], ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([Promise.all(nodes.map(({ exited }) => exited)).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
