import { Option, type Command } from 'commander';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { loadOrCreateIdentity } from '../../engine/cluster/identity.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import { evenRatio, parseRatio } from '../../engine/slices/ratio.js';
import type { Others, WorldOptions } from '../../engine/world-options.js';
import { startLocalProcess } from '../local-process.js';
import { endProgress, showProgress } from '../progress-line.js';
import { byteSize } from './byte-size.js';
import { wholeNumber } from './run-options.js';

/** The flags that spread a run over several nodes, parsed. Names and defaults are the seed project's. */
export interface WorldFlags {
  worldSize: number;
  rank: number;
  masterIp?: string;
  masterPort: number;
  filePort: number;
  joinToken?: string;
  joinTimeout: number;
  ratio?: string;
  collective: 'star' | 'ring';
  torchDist?: true;
  memoryWindow?: number;
  disableMemorySchedule?: true;
  memoryBudget?: number;
  saveDir: string;
  splitBin?: true;
  forceDownload?: true;
}

/** How the nodes are many, and how each holds its weights. */
export function addWorldFlags(command: Command): Command {
  return command
    .option('--world-size <n>', 'nodes that share the model', wholeNumber(1, 64), 1)
    .option('--rank <r>', 'this node’s place, 0 is the master', wholeNumber(0, 63), 0)
    .option('--master-ip <ip>', 'address of the master; without it all nodes run on this machine')
    .option('--master-port <port>', 'port of the master', wholeNumber(0, 65535), 29500)
    .option('--file-port <port>', 'port from which the master serves slices', wholeNumber(0, 65535), 29600)
    .option('--join-token <token>', 'what the master printed (or HEARTH_JOIN_TOKEN)')
    .option('--join-timeout <seconds>', 'how long to wait for the others', wholeNumber(1, 86_400), 60)
    .option('--ratio <a:b:…>', 'share of each node (default: equal)')
    .addOption(new Option('--collective <shape>', 'how partial results are summed').choices(['star', 'ring']).default('star'))
    .addOption(new Option('--torch-dist', 'the seed project’s name for --collective ring'))
    .option('--memory-window <w>', 'blocks in memory at a time, at least 2', wholeNumber(2, 1_000_000))
    .option('--disable-memory-schedule', 'keep all blocks in memory')
    .option('--memory-budget <size>', 'choose window and resident blocks so that this node stays below, e.g. 3GB', byteSize)
    .option('--save-dir <name>', 'folder for the slices, in the model’s folder', 'split')
    .option('--split-bin', 'slice again even if valid slices are there')
    .option('--force-download', 'fetch this node’s slice again; on the master, let all others do so');
}

/** The memory schedule that the flags ask for. Several nodes run through a window of 2, as the seed does; one does not. */
export function windowChoice(flags: WorldFlags): WindowChoice {
  if (flags.disableMemorySchedule === true) return { kind: 'off' };
  if (flags.memoryBudget !== undefined) return { kind: 'budget', bytes: flags.memoryBudget };
  if (flags.memoryWindow !== undefined) return { kind: 'window', blocks: flags.memoryWindow };
  return flags.worldSize > 1 ? { kind: 'window', blocks: 2 } : { kind: 'off' };
}

/** The run's shape for rank 0; undefined where this machine alone holds everything. */
export async function worldOptions(flags: WorldFlags, signal: AbortSignal): Promise<WorldOptions | undefined> {
  const window = windowChoice(flags);
  if (flags.worldSize === 1 && window.kind === 'off') return undefined;
  const collective = collectiveOf(flags);
  const { worldSize } = flags;
  return {
    worldSize,
    collective,
    window,
    ratio: flags.ratio === undefined ? evenRatio(worldSize) : parseRatio(flags.ratio, worldSize),
    others: await othersOf(flags),
    joinTimeoutMs: flags.joinTimeout * 1000,
    saveDir: flags.saveDir,
    splitBin: flags.splitBin ?? false,
    forceDownload: flags.forceDownload ?? false,
    onProgress: showProgress,
    say,
    signal,
  };
}

/** Without an address all nodes run on this machine; with one, people start them. */
async function othersOf(flags: WorldFlags): Promise<Others> {
  const { masterIp: host, masterPort, filePort } = flags;
  if (host === undefined) return { kind: 'local', start: (request) => startLocalProcess(request, scheduleFlags(flags)) };
  const identity = await loadOrCreateIdentity(hearthHome());
  return {
    kind: 'byHand',
    at: { identity, host, masterPort, filePort },
    onListening: (token, port) => sayHowToJoin(flags, token, port),
  };
}

function collectiveOf(flags: WorldFlags): 'star' | 'ring' {
  if (flags.torchDist !== true) return flags.collective;
  say('--torch-dist is called --collective ring here.');
  return 'ring';
}

/** Local nodes hold their weights as this one does. */
function scheduleFlags(flags: WorldFlags): string[] {
  const choice = windowChoice(flags);
  if (choice.kind === 'off') return ['--disable-memory-schedule'];
  if (choice.kind === 'budget') return ['--memory-budget', String(choice.bytes)];
  return ['--memory-window', String(choice.blocks)];
}

/** The one line to type on each of the others. */
function sayHowToJoin(flags: WorldFlags, token: string, port: number): void {
  const ranks = flags.worldSize === 2 ? '1' : `<1 to ${flags.worldSize - 1}>`;
  say('On each of the other laptops, with its own rank, type:');
  say(`  hearth node --rank ${ranks} --master-ip ${flags.masterIp ?? '127.0.0.1'} --master-port ${port} --join-token ${token}`);
}

function say(line: string): void {
  endProgress();
  process.stderr.write(`${line}\n`);
}
