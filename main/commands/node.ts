import { Option, type Command } from 'commander';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { loadOrCreateIdentity, makeIdentity } from '../../engine/cluster/identity.js';
import { parseJoinToken } from '../../engine/cluster/join-token.js';
import { NodeLostError } from '../../engine/collective/node-lost-error.js';
import { WrongUseError } from '../../engine/errors.js';
import { dropFromPageCacheIfThere } from '../../engine/report/page-cache.js';
import { hearthVersion } from '../../engine/report/version.js';
import { runWorkerNode } from '../../engine/worker-node.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { addHomeFlags, type HomeFlags } from './home-flags.js';
import { serveHome } from './home-helper.js';
import { addModelFlags, wholeNumber } from './run-options.js';
import { addWorldFlags, windowChoice, type WorldFlags } from './world-options.js';

/** The flags of a node whose rank is given by hand. */
export interface NodeFlags extends WorldFlags {
  threads?: number;
  sliceFolder?: string;
}

/** `hearth node`: this laptop is part of its home, or, with a rank, helps one master that runs elsewhere. */
export function registerNode(program: Command): void {
  const command = program.command('node')
    .description('be part of the home: find the other laptops, hold a share of the model, lead where --model-path names one');
  addWorldFlags(addHomeFlags(addModelFlags(command)))
    .option('--context-length <n>', 'positions the home’s model makes room for (default: 4096)', wholeNumber(1, 2 ** 31))
    .addOption(new Option('--kv-dtype <type>', 'type of the KV cache').choices(['f32', 'f16']).default('f32'))
    .addOption(new Option('--slice-folder <path>', 'this node’s slice lies here already').hideHelp())
    .action((flags: NodeFlags & HomeFlags) => runCommand((signal) => (isByHand(flags) ? helpByHand(flags, signal) : serveHome(flags, signal))));
}

/** Whoever says anything of a run whose ranks are given by hand means one. */
function isByHand({ rank, masterIp, joinToken, worldSize }: NodeFlags): boolean {
  return rank !== 0 || masterIp !== undefined || joinToken !== undefined || worldSize !== 1;
}

/** Joins the master that the flags name and helps until it ends the run. */
export async function helpByHand(flags: NodeFlags, signal: AbortSignal): Promise<void> {
  const text = flags.joinToken ?? process.env['HEARTH_JOIN_TOKEN'];
  if (flags.masterIp === undefined || text === undefined || flags.rank === 0) {
    throw new WrongUseError(
      'NODE_FLAGS',
      'A node needs --rank (1 or more), --master-ip and --join-token: type the line that the master printed.',
    );
  }
  // As rank 0 does: of what was read ahead of the program while it started, only what is in use stays.
  dropFromPageCacheIfThere([process.execPath]);
  const local = flags.sliceFolder !== undefined;
  const until = local ? untilParentEnds(signal) : signal;
  await runWorkerNode({
    identity: local ? await makeIdentity() : await loadOrCreateIdentity(hearthHome()),
    rank: flags.rank,
    masterHost: flags.masterIp,
    masterPort: flags.masterPort,
    filePort: null,
    token: parseJoinToken(text),
    joinTimeoutMs: flags.joinTimeout * 1000,
    window: windowChoice({ ...flags, worldSize: Math.max(2, flags.worldSize) }),
    threads: flags.threads ?? null,
    sliceFolder: flags.sliceFolder ?? null,
    forceDownload: flags.forceDownload ?? false,
    spinMicroseconds: local ? 0 : 100,
    hearthVersion,
    onProgress: showProgress,
    say: (line) => {
      endProgress();
      process.stderr.write(`${line}\n`);
    },
    signal: until,
  });
}

/**
 * A node that was started by another process on this machine ends with it: the standard input that the two share ends,
 * even when the other is killed outright and this one has not found its way to it yet.
 */
function untilParentEnds(signal: AbortSignal): AbortSignal {
  const ended = new AbortController();
  signal.addEventListener('abort', () => ended.abort(signal.reason), { once: true });
  const end = (): void => ended.abort(new NodeLostError(0, 'its process ended.'));
  process.stdin.once('end', end).once('error', end).resume();
  // Whoever would read what is said here may be gone as well.
  process.stderr.on('error', end);
  // Waiting for the end of the other is no reason to stay.
  if ('unref' in process.stdin) process.stdin.unref();
  return ended.signal;
}
