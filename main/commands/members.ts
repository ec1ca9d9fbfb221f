import type { Command } from 'commander';
import type { HomeMember } from '../../engine/cluster/home.js';
import { WrongUseError } from '../../engine/errors.js';
import { runCommand } from '../run-command.js';
import { openOwnDevice } from './own-device.js';

/** `hearth members`: who belongs to this home. */
export function registerMembers(program: Command): void {
  program
    .command('members')
    .description('list the laptops of this home')
    .option('--json', 'print one JSON object')
    .action((options: { json?: true }) => runCommand(() => list(options.json === true)));
}

/** `hearth unpair`: puts a laptop out of this home. */
export function registerUnpair(program: Command): void {
  program
    .command('unpair')
    .description('put a laptop out of this home, for all its members')
    .argument('<name>', 'a name or device ID (or how one begins) that `hearth members` shows')
    .action((name: string) => runCommand(() => unpair(name)));
}

async function list(json: boolean): Promise<void> {
  const { home } = await openOwnDevice();
  const members = home.members();
  home.close();
  if (json) {
    const rows = members.map((member) => ({
      device_id: member.deviceId, name: member.name, self: member.deviceId === home.deviceId,
      added_by: member.addedBy, version: member.version,
    }));
    process.stdout.write(`${JSON.stringify({ members: rows })}\n`);
    return;
  }
  const width = Math.max(...members.map((member) => member.name.length));
  for (const { name, deviceId } of members) {
    process.stdout.write(`${name.padEnd(width)}  ${deviceId}${deviceId === home.deviceId ? '  this laptop' : ''}\n`);
  }
  if (members.length === 1) process.stdout.write('No other laptop is in this home yet. `hearth pair` adds one.\n');
}

async function unpair(wanted: string): Promise<void> {
  const { home } = await openOwnDevice();
  try {
    const member = chooseMember(home.members(), wanted);
    await home.remove(member.deviceId);
    process.stdout.write(
      `${member.name} is out of this home. The other laptops learn of it as soon as they meet one that knows.\n`,
    );
  } finally {
    home.close();
  }
}

/**
 * The member that a person means by a name, a device ID, or the beginning of one (four characters or more).
 * Throws WrongUseError NOT_A_MEMBER, or MEMBER_AMBIGUOUS with the IDs to choose from.
 */
export function chooseMember(members: readonly HomeMember[], wanted: string): HomeMember {
  const id = wanted.toUpperCase().replaceAll('-', '');
  const byId = members.filter((member) => id.length >= 4 && member.deviceId.replaceAll('-', '').startsWith(id));
  const byName = members.filter((member) => member.name.toLowerCase() === wanted.trim().toLowerCase());
  const found = byName.length > 0 ? byName : byId;
  const [first] = found;
  if (first === undefined) {
    throw new WrongUseError('NOT_A_MEMBER', `No laptop of this home is called ${wanted}. \`hearth members\` lists them.`, { values: { name: wanted } });
  }
  if (found.length > 1) {
    const ids = found.map((member) => member.deviceId.slice(0, 9)).join(', ');
    throw new WrongUseError('MEMBER_AMBIGUOUS', `${wanted} may be ${found.length} laptops. Say which by its ID: ${ids}.`);
  }
  return first;
}
