import type { Command } from 'commander';
import type { CompareDigits } from '../../engine/cluster/pairing-compare.js';
import { makePairingCode, parsePairingCode } from '../../engine/cluster/pairing-code.js';
import { PairingDoor, type PairingWay } from '../../engine/cluster/pairing-door.js';
import { PairingLock } from '../../engine/cluster/pairing-lock.js';
import { pairingPort, pairWith, type Pairing } from '../../engine/cluster/pairing-session.js';
import { InterruptedError, WrongUseError } from '../../engine/errors.js';
import { runCommand } from '../run-command.js';
import { askPerson, confirmPerson } from './ask-person.js';
import { nearbyHost } from './nearby-host.js';
import { openOwnDevice } from './own-device.js';
import { wholeNumber } from './run-options.js';

interface PairFlags {
  open?: true;
  code?: string;
  port: number;
}

/** `hearth pair`: makes two laptops members of one home. */
export function registerPair(program: Command): void {
  program
    .command('pair')
    .description('pair with another laptop: both then belong to one home')
    .argument('[laptop]', 'the other laptop, where pairing is open: its address, or the name that a running node hears nearby; '
      + 'without it, pairing opens here')
    .option('--open', 'open pairing here and compare six digits with the other screen, instead of showing a code')
    .option('--code <code>', 'the code that the other laptop shows')
    .option('--port <port>', 'where pairing listens', wholeNumber(0, 65_535), pairingPort)
    .action((host: string | undefined, flags: PairFlags) => runCommand((signal) => pair(host, flags, signal)));
}

async function pair(host: string | undefined, flags: PairFlags, signal: AbortSignal): Promise<void> {
  if (host === undefined && flags.code !== undefined) {
    throw new WrongUseError('PAIR_FLAGS', '--code belongs to a host: hearth pair <host> --code <code>.');
  }
  if (host !== undefined && flags.open === true) {
    throw new WrongUseError('PAIR_FLAGS', 'Either name the other laptop, or open pairing here with --open.');
  }
  const pairing = await (host === undefined ? openHere(flags, signal) : knock(host, flags, signal));
  process.stdout.write(pairedText(pairing));
}

/** Opens pairing on this laptop until one other was paired, five minutes are over, or the person stops. */
async function openHere(flags: PairFlags, signal: AbortSignal): Promise<Pairing> {
  const self = await openOwnDevice();
  const way: PairingWay = flags.open === true
    ? { kind: 'digits', compare }
    : { kind: 'code', code: makePairingCode() };
  const door = await PairingDoor.open({
    ...self, way, host: '0.0.0.0', port: flags.port, lock: new PairingLock(),
    onRefused: (peer, error) => void process.stderr.write(`hearth: ${peer?.name ?? 'A laptop'}: ${error.message}\n`),
  });
  const stop = (): void => door.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    process.stdout.write(way.kind === 'code'
      ? `Pairing is open on port ${door.port} for five minutes. Type this code on the other laptop: ${way.code}\n`
      : `Pairing is open on port ${door.port} for five minutes. Pair with this laptop (${self.name}) on the other one.\n`);
    return await door.paired;
  } catch (error) {
    throw signal.aborted ? new InterruptedError() : error;
  } finally {
    signal.removeEventListener('abort', stop);
    self.home.close();
  }
}

async function knock(host: string, flags: PairFlags, signal: AbortSignal): Promise<Pairing> {
  // A code that cannot be one is refused before anybody is called.
  const given = flags.code === undefined ? undefined : parsePairingCode(flags.code);
  const self = await openOwnDevice();
  try {
    return await pairWith({
      ...self, host: await nearbyHost(host), port: flags.port, signal,
      person: {
        compare,
        typeCode: async (peer) => given ?? askPerson(`Code that ${peer.name} shows: `, signal),
      },
    });
  } catch (error) {
    throw signal.aborted ? new InterruptedError() : error;
  } finally {
    self.home.close();
  }
}

const compare: CompareDigits = (digits, peer, signal) => {
  const shown = `${digits.slice(0, 3)} ${digits.slice(3)}`;
  return confirmPerson(`\n    ${shown}\n\nDoes ${peer.name} show the same six digits?`, signal);
};

function pairedText({ peer, added }: Pairing): string {
  const others = added.filter((member) => member.deviceId !== peer.deviceId).map((member) => member.name);
  const more = others.length === 0 ? '' : ` Its home came with it: ${others.join(', ')}.`;
  return `Paired with ${peer.name} (${peer.deviceId}).${more}\n`;
}
