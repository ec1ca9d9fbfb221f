import { saying, type Saying } from '../saying.js';
import { isInNetwork, networkOf, type OwnAddress } from './interface-addresses.js';

/** How one dial of one address ended. */
export type DialOutcome =
  /** Nothing came back. */
  | 'timeout'
  /** The laptop answered that nobody listens on that port. */
  | 'refused'
  /** The network said that nobody has that address (EHOSTUNREACH). */
  | 'no-host'
  /** This laptop has no way to that network (ENETUNREACH). */
  | 'no-route'
  /** Connected, and cut off before anything was said. */
  | 'cut-off'
  /** Another device answered. */
  | 'wrong-device'
  /** Connected, and spoke another version of the protocol. */
  | 'wrong-version'
  /** Connected, and this laptop was not let in. */
  | 'not-let-in';

export interface DialFailure {
  readonly address: string;
  readonly outcome: DialOutcome;
}

/** All that is known about a peer that is announced but cannot be reached. */
export interface Observations {
  /** The peer's name for people. */
  readonly name: string;
  /** Protocol version it announces, and ours. */
  readonly peerVersion: number;
  readonly ownVersion: number;
  readonly seenByMulticast: boolean;
  readonly failures: readonly DialFailure[];
  readonly ownAddresses: readonly OwnAddress[];
  /** Other peers of the same network that can be reached, and that cannot. */
  readonly othersReached: number;
  readonly othersUnreached: number;
  /** `process.platform`. */
  readonly platform: string;
}

/** The most likely reason why a peer cannot be reached, and what to do, from what was observed. Pure. */
export function likelyReason(seen: Observations): Saying {
  const { name } = seen;
  return saidByPeer(seen) ?? saidByNetwork(seen) ?? saying(
    'UNKNOWN', `${name} cannot be reached, for no reason that shows. Check that both laptops are on the same network.`, { name },
  );
}

/** Somebody answered: what they said is the reason. */
function saidByPeer({ name, peerVersion, ownVersion, failures }: Observations): Saying | null {
  const some = (outcome: DialOutcome): boolean => failures.some((failure) => failure.outcome === outcome);
  if (peerVersion !== ownVersion || some('wrong-version')) {
    const older = peerVersion === ownVersion ? 'unknown' : peerVersion < ownVersion ? 'theirs' : 'ours';
    const sentence = older === 'unknown'
      ? `${name} has another version of Hearth: install the same version on both.`
      : `${name} speaks protocol version ${peerVersion}, this laptop ${ownVersion}: update Hearth on `
        + `${older === 'theirs' ? name : 'this laptop'}.`;
    return saying('VERSION', sentence, { name, older });
  }
  if (some('not-let-in')) {
    return saying('NOT_MEMBER', `${name} does not know this laptop as a member of its home: pair the two.`, { name });
  }
  if (some('wrong-device')) {
    const address = failures.find(({ outcome }) => outcome === 'wrong-device')?.address ?? 'its address';
    return saying('WRONG_DEVICE', `Another device answers at ${address}: ${name} may have a new address or identity.`, { name, address });
  }
  return null;
}

/** Nobody said anything: how the network failed is the reason. */
function saidByNetwork(seen: Observations): Saying | null {
  const { name, failures, ownAddresses } = seen;
  if (failures.length === 0) return null;
  if (failures.every(({ outcome }) => outcome === 'no-route' || outcome === 'no-host') && seen.platform === 'darwin') {
    return saying(
      'PERMISSION', 'macOS keeps Hearth from the local network: allow it in System Settings, Privacy & Security, Local Network.', {},
    );
  }
  const near = failures.filter(({ address }) => ownAddresses.some((own) => isInNetwork(address, own)));
  if (near.length === 0) return otherNetwork(seen);
  if (near.some(({ outcome }) => outcome === 'refused')) {
    return saying(
      'NOT_RUNNING', `${name} is there, but Hearth does not listen on it, or a firewall rejects it: start Hearth there and allow it.`,
      { name, there: 'yes' },
    );
  }
  return filtered(seen, near);
}

/** A peer of our own network from which nothing comes back. */
function filtered(seen: Observations, near: readonly DialFailure[]): Saying {
  const { name, othersReached, othersUnreached } = seen;
  // Asking for a neighbour's hardware address is a broadcast that no firewall of a laptop stops, but isolation does.
  const nobodyHome = near.every(({ outcome }) => outcome === 'no-host');
  if (seen.seenByMulticast && (nobodyHome || (othersReached === 0 && othersUnreached > 0))) {
    return saying(
      'ISOLATION',
      `${name} is heard but not reached: the Wi-Fi probably keeps its guests apart. Turn off "AP isolation" `
        + 'or "client isolation" in the router, or leave the guest network.',
      { name },
    );
  }
  if (!seen.seenByMulticast && nobodyHome) {
    return saying(
      'NOT_RUNNING', `${name} is not on the network: it may be asleep, switched off or elsewhere.`, { name, there: 'no' },
    );
  }
  return saying(
    'FIREWALL', `${name} does not answer: a firewall on it probably keeps Hearth out. Allow Hearth there for private networks.`, { name },
  );
}

function otherNetwork({ name, failures, ownAddresses, seenByMulticast }: Observations): Saying {
  const theirs = failures[0]?.address ?? 'unknown';
  const ours = ownAddresses.map((own) => networkOf(own));
  const how = seenByMulticast ? 'is announced from' : 'was last at';
  return saying(
    'OTHER_NETWORK',
    `${name} ${how} ${theirs}, and this laptop is in ${ours.join(', ') || 'none'}: connect both to the same Wi-Fi or cable.`,
    { name, theirs, ours },
  );
}
