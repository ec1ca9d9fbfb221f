import { spawn } from 'node:child_process';
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
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HEARTH_JOIN_TOKEN: token },
  });
  let last = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    last = text.trim().split('\n').at(-1) ?? last;
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (_code, signal) => resolve(signal === null ? last : `its process was ended by ${signal}.`));
  });
  // A master that is killed outright leaves its nodes to notice by themselves; one that exits takes them along.
  process.once('exit', () => child.kill('SIGKILL'));
  return { exited, kill: () => void child.kill('SIGKILL') };
}
