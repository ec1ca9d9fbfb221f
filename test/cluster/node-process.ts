import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { NetworkNode } from './network.js';

/** Starts a program of this folder on a machine of a test's network. It speaks JSON lines. */
export function startNode({ within }: NetworkNode, script: string, settings: object): NodeProcess {
  const [command, ...words] = [...within, process.execPath, join(import.meta.dirname, script), JSON.stringify(settings)];
  return new NodeProcess(spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] }));
}

export interface NodeEvent {
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** A program in a namespace, with all it has said so far. */
export class NodeProcess {
  readonly events: NodeEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    this.#exited = once(child, 'exit');
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line) as NodeEvent);
      for (const wake of this.#waiting) wake();
    });
  }

  tell(command: object): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  /** The first event, from those already there on, that `fits`; fails with all that was said when none comes. */
  async heard(fits: (event: NodeEvent) => boolean, timeoutMs = 15_000): Promise<NodeEvent> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const event = this.events.find(fits);
      if (event !== undefined) return event;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`nothing such was said: ${JSON.stringify(this.events)}`);
      await this.#more(left);
    }
  }

  /** SIGKILL. `ip netns exec` becomes the program, so this is the program's own process. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.#exited;
  }

  async exited(): Promise<void> {
    await this.#exited;
  }

  #more(leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, leftMs);
      this.#waiting.add(done);
    });
  }
}
