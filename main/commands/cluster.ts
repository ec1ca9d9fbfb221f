import type { Command } from 'commander';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { WrongUseError } from '../../engine/errors.js';
import { RunningNode } from '../node-socket/socket-client.js';
import { runCommand } from '../run-command.js';
import { chooseMember } from './members.js';
import { clusterTable } from './cluster-table.js';

interface ClusterFlags {
  json?: true;
  pin?: string;
  unpin?: true;
  pause?: true;
  resume?: true;
  rename?: string;
  of?: string;
}

/** `hearth cluster`: how the home stands, as the node of this laptop sees it. */
export function registerCluster(program: Command): void {
  program
    .command('cluster')
    .description('show the laptops of this home: role, state, memory, link, problems')
    .option('--json', 'print one JSON object')
    .option('--pin <name>', 'let this laptop lead the home')
    .option('--unpin', 'let the laptops choose who leads')
    .option('--pause', 'compute nothing on this laptop for now')
    .option('--resume', 'let this laptop take part again')
    .option('--rename <name>', 'give this laptop another name')
    .option('--of <name>', 'pause, resume or rename that laptop of the home instead of this one')
    .action((flags: ClusterFlags) => runCommand(() => cluster(flags)));
}

async function cluster(flags: ClusterFlags): Promise<void> {
  const node = await RunningNode.find(hearthHome());
  if (node === null) {
    throw new WrongUseError('NO_NODE', 'No node of Hearth runs on this laptop: start one with `hearth node`.');
  }
  if (flags.pin !== undefined) await node.do({ kind: 'pin', deviceId: chosen(await node.state(), flags.pin) });
  if (flags.unpin === true) await node.do({ kind: 'pin', deviceId: null });
  const deviceId = flags.of === undefined ? null : chosen(await node.state(), flags.of);
  if (flags.pause === true || flags.resume === true) await node.do({ kind: 'pause', deviceId, paused: flags.pause === true });
  if (flags.rename !== undefined) await node.do({ kind: 'rename', deviceId, name: flags.rename });
  const state = await node.state();
  process.stdout.write(flags.json === true ? `${JSON.stringify(state)}\n` : clusterTable(state));
}

function chosen(state: HomeState, wanted: string): string {
  const members = state.laptops.map(({ deviceId, name }) => ({ deviceId, name, certificate: '', addedBy: null, version: 1 }));
  return chooseMember(members, wanted).deviceId;
}
