import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { hearthCommand } from './hearth-command.js';

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** `performance.now()` when the process was gone. */
  at: number;
}

export interface StartOptions {
  /** HEARTH_HOME: what this laptop keeps. */
  home: string;
  env?: NodeJS.ProcessEnv;
  /** Words that start the command elsewhere, e.g. in a network namespace. */
  within?: readonly string[];
  /** Another copy of the built command. */
  script?: string;
}

const running = new Set<HearthProcess>();

/** A real `hearth` process and what it says. */
export class HearthProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ending>;
  /** Set once the process is gone. */
  ending: Ending | null = null;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #watchers = new Set<() => void>();

  constructor(readonly words: readonly string[], options: StartOptions) {
    const line = [...(options.within ?? []), process.execPath, options.script ?? hearthCommand, ...words];
    this.#child = spawn(line[0] ?? '', line.slice(1), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, HEARTH_HOME: options.home, HEARTH_JOIN_TOKEN: undefined, ...options.env },
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#hear(() => (this.stdout += text)));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(() => (this.stderr += text)));
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        running.delete(this);
        this.#hear(() => (this.ending = { code, signal, at: performance.now() }));
        resolve(this.ending ?? { code, signal, at: performance.now() });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lines it wrote on standard error. */
  get lines(): string[] {
    return this.stderr.split('\n').filter((line) => line !== '');
  }

  /** Its one line of failure; the test fails when there is none or more than one. */
  get failure(): string {
    const lines = this.lines.filter((line) => line.startsWith('hearth: '));
    if (lines.length !== 1) throw new Error(`expected one line of failure from ${this.title}, got:\n${this.stderr}`);
    return lines[0] ?? '';
  }

  get title(): string {
    return `hearth ${this.words.map((word) => (word.startsWith('hearth1_') ? '…' : word)).join(' ')}`;
  }

  /** Waits until standard error, or `stream`, holds `pattern`. */
  async says(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stderr'): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    await this.#until(() => (match = pattern.exec(this[stream])) !== null, `say ${String(pattern)}`);
    return match as unknown as RegExpExecArray;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  #hear(change: () => void): void {
    change();
    for (const watcher of [...this.#watchers]) watcher();
  }

  #until(met: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const failed = (why: string): Error =>
        new Error(`${this.title} did not ${what} ${why}. It wrote:\n${this.stderr}${this.stdout}`);
      const timer = setTimeout(() => settle(failed('within a minute')), 60_000);
      const look = (): void => {
        if (met()) settle();
        else if (this.ending !== null) settle(failed(`before it ended with ${this.ending.code ?? this.ending.signal}`));
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** Ends every process that a test left behind, and waits until they are gone. */
export async function endAllProcesses(): Promise<void> {
  const left = [...running];
  for (const one of left) {
    one.kill('SIGCONT');
    one.kill('SIGKILL');
  }
  await Promise.all(left.map((one) => one.ended));
}
