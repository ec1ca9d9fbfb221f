import { networkInterfaces } from 'node:os';
import { sayingOf } from '../errors.js';
import type { Saying } from '../saying.js';
import { protocolVersion } from '../wire/messages.js';
import { clonedIdentity } from './cloned-identity.js';
import type { Sighting } from './discovery.js';
import { ownAddresses } from './interface-addresses.js';
import type { Peer } from './membership.js';
import { likelyReason, type DialFailure } from './reachability.js';

/** A member that could not be reached at any address. */
export interface Unreached {
  readonly deviceId: string;
  readonly name: string;
  readonly failures: readonly DialFailure[];
  /** What multicast says of it. */
  readonly sighting: Sighting | null;
  /** Every other member, itself among them, by device ID. */
  readonly peers: ReadonlyMap<string, Peer>;
}

/** Why members are not here, where that is known, by device ID; this laptop's own trouble under its own. */
export class MemberProblems {
  readonly #problems = new Map<string, Saying>();

  of(deviceId: string): Saying | null {
    return this.#problems.get(deviceId) ?? null;
  }

  solved(deviceId: string): void {
    this.#problems.delete(deviceId);
  }

  unreachable({ deviceId, name, failures, sighting, peers }: Unreached): Saying {
    const others = [...peers].filter(([other]) => other !== deviceId).map(([, peer]) => peer);
    return this.#keep(deviceId, likelyReason({
      name, failures,
      peerVersion: sighting?.protocolVersion ?? protocolVersion, ownVersion: protocolVersion,
      seenByMulticast: sighting !== null, ownAddresses: ownAddresses(networkInterfaces()),
      othersReached: others.filter(({ current }) => current !== null).length,
      othersUnreached: others.filter(({ current, failures: count }) => current === null && count > 0).length,
      platform: process.platform,
    }));
  }

  /** Two laptops run as this one device. */
  cloned(deviceId: string, addresses: readonly string[]): Saying {
    return this.#keep(deviceId, sayingOf(clonedIdentity(deviceId, addresses)));
  }

  #keep(deviceId: string, problem: Saying): Saying {
    this.#problems.set(deviceId, problem);
    return problem;
  }
}
