import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { ChildNode, InvitedNodeRequest } from '../../engine/local-node.js';

/** Where a laptop is struck, and how. Sums are counted from the first after this is said. */
export type Doom = { signal: 'SIGKILL' | 'SIGSTOP' } & ({ before: number } | { after: number } | { slice: true });

const silenceMs = 5_000;
const running = new Set<HelperLaptop>();

/** Another laptop of the home: a process of its own that takes part in whatever it is invited to. */
export class HelperLaptop {
  deviceId = '';
  stderr = '';
  /** Invitations it got. */
  invitations = 0;
  readonly here: Promise<void>;
  readonly ended: Promise<void>;
  #gone = false;
  #lastHeard = performance.now();
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #parts = new Map<number, (reason: string) => void>();

  constructor(readonly name: string, home: string) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'helper-laptop.mjs')], {
      stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, HEARTH_HOME: home },
    });
    this.#child = child;
    running.add(this);
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => child.once('close', () => {
      this.#gone = true;
      running.delete(this);
      for (const end of this.#parts.values()) end('its process has ended.');
      resolve();
    }));
    this.here = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as { event: string; deviceId?: string; id?: number; reason?: string };
        this.#lastHeard = performance.now();
        if (message.event === 'ended') this.#parts.get(message.id ?? -1)?.(message.reason ?? '');
        if (message.event !== 'here') return;
        this.deviceId = message.deviceId ?? '';
        resolve();
      });
      child.once('close', () => reject(new Error(`${name} has ended:\n${this.stderr}`)));
    });
    this.here.catch(() => undefined);
  }

  /** What the home knows of it: that it is there, until its process is gone or was silent for five seconds. */
  get isKnown(): boolean {
    return !this.#gone && performance.now() - this.#lastHeard < silenceMs;
  }

  invite(request: InvitedNodeRequest): ChildNode {
    const id = ++this.invitations;
    if (this.#gone) return { exited: Promise.resolve('it is not here.'), kill: () => undefined };
    const exited = new Promise<string>((resolve) => this.#parts.set(id, resolve));
    this.#say({ id, invite: request });
    return {
      exited,
      kill: () => {
        this.#say({ stop: id });
        this.#parts.get(id)?.('it was told to stop.');
      },
    };
  }

  doom(doom: Doom | null): void {
    this.#say({ doom });
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  #say(message: object): void {
    if (!this.#gone) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

/** Ends every laptop that a test left behind, and waits until they are gone. */
export async function endAllLaptops(): Promise<void> {
  const left = [...running];
  for (const laptop of left) {
    laptop.kill('SIGCONT');
    laptop.kill('SIGKILL');
  }
  await Promise.all(left.map(({ ended }) => ended));
}
