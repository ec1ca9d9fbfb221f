import { spawn } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunReport } from '../../engine/report/run-report.js';
import { ControlGroup, emptyPageCache, type GroupLimits } from '../../main/bench/control-group.js';
import { hearthCommand } from './hearth-command.js';

export interface GroupedRun {
  code: number | null;
  stderr: string;
  /** What each of the other ranks said. */
  workers: string[];
  /** Null where the run failed. */
  report: RunReport | null;
  /** Of each rank's own group: the most memory it took, page cache and all. */
  peaks: number[];
}

/**
 * Runs `hearth` from an empty page cache with each rank in a control group of its own. `programs` are copies of
 * Node, one per rank, that nothing else runs, so that each group is charged for its program too.
 */
export async function runInGroups(
  programs: readonly string[], worldSize: number, flags: readonly string[], limits: GroupLimits, sliceFolder: (rank: number) => string,
): Promise<GroupedRun> {
  emptyPageCache();
  const groups = Array.from({ length: worldSize }, () => ControlGroup.create(limits));
  const [masterGroup, ...workerGroups] = groups;
  const workers: Promise<{ stderr: string }>[] = [];
  const started = (text: string): void => {
    const join = /--master-port (\d+) --join-token (\S+)/.exec(text);
    if (join === null || workers.length > 0) return;
    for (const [index, group] of workerGroups.entries()) {
      const rank = index + 1;
      const words = [
        'node', '--rank', String(rank), '--master-ip', '127.0.0.1', '--master-port', join[1] ?? '', '--join-token', join[2] ?? '',
        '--slice-folder', sliceFolder(rank), '--threads', '1', ...windowFlags(flags),
      ];
      workers.push(run(group, [programs[rank] ?? '', hearthCommand, ...words], () => undefined));
    }
  };
  const byHand = worldSize === 1 ? [] : ['--world-size', String(worldSize), '--rank', '0', '--master-ip', '127.0.0.1', ...freePorts];
  try {
    const words = ['run', ...flags, ...byHand, '--threads', '1', '--temperature', '0', '--json'];
    const { code, stdout, stderr } = await run(masterGroup, [programs[0] ?? '', hearthCommand, ...words], started);
    const others = await Promise.all(workers);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    const report = code === 0 ? (JSON.parse(last) as RunReport) : null;
    return { code, stderr, workers: others.map((other) => other.stderr), report, peaks: groups.map((group) => group.peakBytes()) };
  } finally {
    for (const group of groups) await group.close();
  }
}

const freePorts = ['--master-port', '0', '--file-port', '0', '--join-timeout', '120'];

/** Copies of Node in `folder`, whose pages nobody has in memory. */
export function copiesOfNode(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const program = resolve(folder, `node-${index}`);
    if (!existsSync(program)) copyFileSync(process.execPath, program);
    return program;
  });
}

/** How the nodes hold their weights, for the others as for rank 0. */
function windowFlags(flags: readonly string[]): string[] {
  return flags.flatMap((flag, at) => {
    if (flag === '--disable-memory-schedule') return [flag];
    return flag === '--memory-window' || flag === '--memory-budget' ? [flag, flags[at + 1] ?? ''] : [];
  });
}

async function run(
  group: ControlGroup | undefined, words: readonly string[], hear: (stderr: string) => void,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  if (group === undefined) throw new Error('every rank has a group');
  const { file, args } = group.wrap(words);
  // A node with its slice at hand ends with whoever started it: when its standard input does.
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => hear((stderr += text.toString())));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, stdout, stderr };
}
