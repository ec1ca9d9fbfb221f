import { Option, type Command } from 'commander';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { loadOrCreateIdentity, makeIdentity } from '../../engine/cluster/identity.js';
import { parseJoinToken } from '../../engine/cluster/join-token.js';
import { WrongUseError } from '../../engine/errors.js';
import { hearthVersion } from '../../engine/report/version.js';
import { runWorkerNode } from '../../engine/worker-node.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { wholeNumber } from './run-options.js';
import { addWorldFlags, windowChoice, type WorldFlags } from './world-options.js';

/** The flags of a node whose rank is given by hand. */
export interface NodeFlags extends WorldFlags {
  threads?: number;
  sliceFolder?: string;
}

/** `hearth node`: this laptop helps a master that runs elsewhere. */
export function registerNode(program: Command): void {
  const command = program.command('node').description('help another laptop: hold a share of its model');
  addWorldFlags(command)
    .option('--threads <n>', 'compute threads (default: physical cores)', wholeNumber(1, 1024))
    .addOption(new Option('--slice-folder <path>', 'this node’s slice lies here already').hideHelp())
    .action((flags: NodeFlags) => runCommand((signal) => helpByHand(flags, signal)));
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
  const local = flags.sliceFolder !== undefined;
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
    signal,
  });
}
