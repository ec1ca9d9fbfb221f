import { spawn, type ChildProcess } from 'node:child_process';
import type { ChildNode, LocalNodeRequest } from '../engine/local-node.js';

/** Starts a node of this run as a process of its own on this machine. `flags` are passed on as they are. */
export function startLocalProcess(request: LocalNodeRequest, flags: readonly string[]): ChildNode {
  const { rank, masterPort, token, sliceFolder, threads } = request;
  const script = process.argv[1];
  if (script === undefined) throw new Error('the hearth command was not started from a file');
  const words = [
    script, 'node', '--rank', String(rank), '--master-ip', '127.0.0.1', '--master-port', String(masterPort),
    '--slice-folder', sliceFolder, '--threads', String(threads), ...flags,
  ];
  const child = spawn(process.execPath, words, {
    // Ctrl-C is for the master: it stops the answer or ends the run, and the nodes follow.
    detached: true,
    // Nothing is ever written to the first: its end tells the node that this process is gone, however it went.
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, HEARTH_JOIN_TOKEN: token },
  });
  child.stdin.on('error', () => undefined);
  let last = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    last = text.trim().split('\n').at(-1) ?? last;
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (_code, signal) => resolve(signal === null ? last : `its process was ended by ${signal}.`));
  });
  takeAlong(child);
  return { exited, kill: () => void child.kill('SIGKILL') };
}

const running = new Set<ChildProcess>();

/** A process that exits takes its nodes along; one that is killed outright leaves them to notice by themselves. */
function takeAlong(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', endAll);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
