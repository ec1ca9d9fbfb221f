import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { machineFingerprint } from '../../engine/cluster/capacity.js';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { RunningNode } from '../../main/node-socket/socket-client.js';
import { HearthProcess } from '../integration/hearth-process.js';
import type { NetworkNode } from './network.js';

/** What every laptop is said to have measured: so slow that a small model is worth spreading. */
const slow = { f32: 1e6, bf16: 1e6, f16: 1e6, q8_0: 1e6, q4_0: 1e6 };

export const laptopNames = ['kitchen', 'attic', 'study', 'cellar'] as const;

/** A laptop of a home: a machine of the test's network with a Hearth folder of its own. */
export class HomeLaptop {
  node: HearthProcess | null = null;

  constructor(readonly name: string, readonly folder: string, readonly machine: NetworkNode) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'capacity.json'), JSON.stringify({
      fingerprint: machineFingerprint(), measured: { productBytesPerSecond: slow, diskBytesPerSecond: 1e9 },
    }));
  }

  /** The same laptop, with all its pairings, in another network; where it reached others before it has forgotten. */
  movedTo(folder: string, machine: NetworkNode): HomeLaptop {
    cpSync(this.folder, folder, { recursive: true, filter: (file) => !file.endsWith('.sock') });
    for (const file of ['addresses.json', 'election.json']) rmSync(join(folder, file), { force: true });
    return new HomeLaptop(this.name, folder, machine);
  }

  /** Any `hearth` command on this laptop. */
  run(...words: string[]): HearthProcess {
    return new HearthProcess(words, { home: this.folder, within: this.machine.within });
  }

  /** Starts `hearth node`; `script` is another copy of the command. */
  start(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}, script?: string): HearthProcess {
    const words = ['node', '--name', this.name, '--threads', '1', ...flags];
    this.node = new HearthProcess(words, { home: this.folder, within: this.machine.within, env, ...(script === undefined ? {} : { script }) });
    return this.node;
  }

  /** The code it prints while it is in no home with others. */
  async code(): Promise<string> {
    const [, code = ''] = await this.started.says(/Pairing code: (\S+)/);
    return code;
  }

  get started(): HearthProcess {
    if (this.node === null) throw new Error(`${this.name} was not started`);
    return this.node;
  }

  /** How the home stands, seen from here; null while its node does not answer. */
  async state(): Promise<HomeState | null> {
    const node = await RunningNode.find(this.folder);
    return node === null ? null : node.state().catch(() => null);
  }

  /** Waits until this laptop sees what `fits`; the error shows what it saw last, and what its node said. */
  async sees(what: string, fits: (state: HomeState) => boolean, timeoutMs = 45_000): Promise<HomeState> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const state = await this.state();
      if (state !== null && fits(state)) return state;
      if (performance.now() > deadline) {
        throw new Error(`${this.name} did not see ${what}:\n${JSON.stringify(state, undefined, 1)}\n${this.node?.stderr ?? ''}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.node?.kill('SIGTERM');
    await this.node?.ended;
    this.node = null;
  }
}

/** `by`'s person types the code that `whom` shows. */
export async function pair(by: HomeLaptop, whom: HomeLaptop): Promise<void> {
  await by.sees(`${whom.name} nearby`, ({ nearby }) => nearby.some(({ name }) => name === whom.name));
  const pairing = by.run('pair', whom.name, '--code', await whom.code());
  const { code } = await pairing.ended;
  if (code !== 0) throw new Error(`${by.name} could not pair with ${whom.name}:\n${pairing.stderr}`);
}

/** All of them hold a share of the loaded model, and no others. */
export function isReadyWith(laptops: readonly HomeLaptop[]): (state: HomeState) => boolean {
  const names = laptops.map(({ name }) => name).sort().join();
  return ({ model, laptops: seen }) => (model?.phase === 'ready' || model?.phase === 'answering')
    && seen.filter(({ share, present }) => share !== null && present).map(({ name }) => name).sort().join() === names;
}

/** Asks the home from a laptop, greedily; the answer's tokens. */
export async function ask(laptop: HomeLaptop, prompt: string, length: number): Promise<number[]> {
  const asking = laptop.run('run', '--home', '--prompt', prompt, '--length', String(length), '--temperature', '0', '--json');
  const { code } = await asking.ended;
  expect(code, `${asking.stderr}${laptop.node?.stderr ?? ''}`).toBe(0);
  return tokensOf(asking);
}

export function tokensOf(run: HearthProcess): number[] {
  return (JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { tokens: number[] }).tokens;
}
