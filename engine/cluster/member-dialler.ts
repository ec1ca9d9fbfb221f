import type { AddressBook } from './address-book.js';
import { orderAddresses, type KnownAddress } from './candidate-addresses.js';
import { dialOutcome } from './dial-outcome.js';
import type { OwnAddress } from './interface-addresses.js';
import type { MemberLink, MemberPort } from './member-port.js';
import type { DialFailure } from './reachability.js';

export interface DiallerOptions {
  readonly port: Pick<MemberPort, 'dial'>;
  readonly book: Pick<AddressBook, 'addressesOf' | 'worked'>;
  /** What multicast and other members say of where it is. */
  readonly heardOf: (deviceId: string) => readonly KnownAddress[];
  readonly ownAddresses: () => readonly OwnAddress[];
  /** Members that a link stands with already: nobody calls at their addresses for somebody else. */
  readonly presentIds: () => readonly string[];
}

export interface Dialled {
  /** The wanted member, if it was reached. */
  readonly link: MemberLink | null;
  /** Another member that answered at an address which a person typed. */
  readonly others: readonly MemberLink[];
  readonly failures: readonly DialFailure[];
}

/** A moment longer than a system asks in vain who has an address (Linux: 3 s): that nobody answers to it says more than silence. */
const timeoutMs = 4_000;
const mostAddresses = 10;

/** Tries the addresses of a member one after the other, the likeliest first. */
export class MemberDialler {
  /** Typed addresses that are being called at: for whomever, one call is enough. */
  readonly #calling = new Set<string>();

  constructor(private readonly options: DiallerOptions) {}

  async dial(deviceId: string, signal: AbortSignal): Promise<Dialled> {
    const failures: DialFailure[] = [];
    const others: MemberLink[] = [];
    for (const { host, port, source } of this.#addresses(deviceId)) {
      const called = `${host} ${port}`;
      if (signal.aborted) break;
      if (source === 'manual' && this.#calling.has(called)) continue;
      if (source === 'manual') this.#calling.add(called);
      try {
        // Whoever typed an address knew a laptop there, not its ID.
        const expects = source === 'manual' ? undefined : deviceId;
        const link = await this.options.port.dial(host, port, expects, timeoutMs, signal);
        if (link.deviceId === deviceId) return { link, others, failures };
        others.push(link);
        failures.push({ address: host, outcome: 'wrong-device' });
      } catch (error) {
        failures.push({ address: host, outcome: dialOutcome(error) });
      } finally {
        if (source === 'manual') this.#calling.delete(called);
      }
    }
    return { link: null, others, failures };
  }

  #addresses(deviceId: string): KnownAddress[] {
    const { book, heardOf, ownAddresses, presentIds } = this.options;
    const known = orderAddresses([...book.addressesOf(deviceId), ...heardOf(deviceId)], ownAddresses());
    const taken = presentIds().map((id) => book.worked(id));
    const free = known.filter(({ host, port, source }) =>
      source !== 'manual' || !taken.some((worked) => worked?.host === host && worked.port === port));
    return free.slice(0, mostAddresses);
  }
}
