import type { Home } from '../cluster/home.js';
import type { Identity } from '../cluster/identity.js';
import { PairingDoor, type PairingWay } from '../cluster/pairing-door.js';
import { PairingLock } from '../cluster/pairing-lock.js';
import { pairWith, type Pairing, type PairingPerson } from '../cluster/pairing-session.js';
import type { PairingPeer } from '../cluster/pairing-compare.js';
import { WrongUseError } from '../errors.js';
import { hearthVersion } from '../report/version.js';

export interface NodePairingOptions {
  readonly identity: Identity;
  readonly home: Home;
  readonly name: () => string;
  readonly host: string;
  /** Where pairing listens, here and on other laptops. */
  readonly port: number;
}

export interface OpenPairing {
  readonly way: PairingWay;
  readonly openMs?: number;
  /** A try that failed, for the log. */
  readonly onRefused?: (peer: PairingPeer | undefined, error: Error) => void;
}

/** The one lock of this process: opening pairing again does not unlock it. */
const lock = new PairingLock();

/** Pairing on a laptop that runs as a node: one door at a time, open only while a person has it open. */
export class NodePairing {
  #door: PairingDoor | null = null;

  constructor(private readonly options: NodePairingOptions) {}

  get isOpen(): boolean {
    return this.#door !== null;
  }

  /**
   * Opens pairing here; the promise inside settles as {@link PairingDoor.paired} does. Rejects with WrongUseError PAIRING_OPEN,
   * ClusterFailedError PAIRING_LOCKED, PORT_IN_USE or CANNOT_LISTEN.
   */
  async open({ way, openMs, onRefused }: OpenPairing): Promise<{ paired: Promise<Pairing>; port: number }> {
    if (this.#door !== null) throw new WrongUseError('PAIRING_OPEN', 'Pairing is open on this laptop already.');
    const { host, port } = this.options;
    const door = await PairingDoor.open({
      ...this.#self(), host, port, way, lock,
      ...(openMs === undefined ? {} : { openMs }), ...(onRefused === undefined ? {} : { onRefused }),
    });
    this.#door = door;
    const paired = door.paired.finally(() => {
      if (this.#door === door) this.#door = null;
    });
    paired.catch(() => undefined);
    return { paired, port: door.port };
  }

  close(): void {
    this.#door?.close();
    this.#door = null;
  }

  /** Pairs with a laptop where pairing is open. Rejects with what either end refused (PAIRING_*). */
  async with(host: string, person: PairingPerson, port = this.options.port, signal?: AbortSignal): Promise<Pairing> {
    return pairWith({ ...this.#self(), host, port, person, ...(signal === undefined ? {} : { signal }) });
  }

  #self() {
    const { identity, home, name } = this.options;
    return { identity, home, name: name(), hearthVersion };
  }
}
