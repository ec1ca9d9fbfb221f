import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hearthCommand } from '../integration/hearth-command.js';

/** A folder for Hearth's own things; goes away with the process. */
export function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'hearth-api-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true }));
  return home;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Serving {
  child: ChildProcess;
  /** What it has written so far. */
  output: { stdout: string; stderr: string };
  /** With `/v1`; rejects when the command ends without serving. */
  url: Promise<string>;
  ended: Promise<Ended>;
}

/** `hearth serve` as people start it. */
export function hearthServe(home: string, ...args: string[]): Serving {
  return start(home, [], args);
}

/** The same, in a process that collects its garbage all the time, so that its memory can be compared. */
export function measuredServe(home: string, ...args: string[]): Serving {
  return start(home, ['--expose-gc', '--import', new URL('./collect-garbage.mjs', import.meta.url).href], args);
}

function start(home: string, nodeArgs: readonly string[], args: readonly string[]): Serving {
  const env: NodeJS.ProcessEnv = { ...process.env, HEARTH_HOME: home };
  delete env['HEARTH_API_KEY'];
  const child = spawn(process.execPath, [...nodeArgs, hearthCommand, 'serve', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      const found = /answers at (\S+)/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(({ code, stderr }) => reject(new Error(`ended with ${String(code)}: ${stderr}`)));
  });
  url.catch(() => undefined);
  return { child, output, url, ended };
}
