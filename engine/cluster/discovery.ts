import { networkInterfaces } from 'node:os';
import type { Announcement, HeardAnnouncement } from './announcement.js';
import { orderAddresses, type KnownAddress } from './candidate-addresses.js';
import { multicastAddresses, ownAddresses, type OwnAddress } from './interface-addresses.js';
import { MulticastInterface } from './multicast-interface.js';

/** A node that announces itself. */
export interface Sighting extends Announcement {
  /** Of the announcement that was heard last. */
  readonly instance: string;
  readonly port: number;
  /** Sorted as they should be tried. */
  readonly addresses: readonly KnownAddress[];
}

/** Whether multicast works on an interface, as far as this laptop can tell. */
export interface MulticastHealth {
  readonly interface: string;
  readonly address: string;
  readonly works: boolean;
  /** What the system said; null when it said nothing. */
  readonly problem: string | null;
}

export interface DiscoveryOptions {
  readonly announcement: Announcement;
  /** Where this node's session port is. */
  readonly port: number;
  /** A node was seen for the first time, or with news of where it is. Its own identity too, when another has it. */
  readonly onSighted: (sighting: Sighting) => void;
  /** It said goodbye (at once), or has not answered for several rounds. */
  readonly onGone: (deviceId: string, why: 'goodbye' | 'faded') => void;
  readonly onMulticast?: (health: readonly MulticastHealth[]) => void;
  /** For tests; default the system's. */
  readonly interfaces?: () => OwnAddress[];
  readonly watchMs?: number;
  readonly askMs?: number;
}

interface Heard extends HeardAnnouncement {
  round: number;
}

/** Rounds without an answer after which an announcement counts as gone. */
const roundsToFade = 4;

/**
 * Announces this node by mDNS on every usable interface and watches for others. Interfaces come and go (Wi-Fi, a cable, a
 * sleep): they are looked at again and again. Only who is announced is said; who is alive is for heartbeats to know.
 */
export class Discovery {
  readonly #interfaces = new Map<string, MulticastInterface>();
  /** By instance. */
  readonly #heard = new Map<string, Heard>();
  readonly #own = new Set<string>();
  readonly #closing = new Set<Promise<void>>();
  #timers: NodeJS.Timeout[] = [];
  #round = 0;
  #health = '';

  constructor(private readonly options: DiscoveryOptions) {}

  start(): void {
    if (this.#timers.length > 0) return;
    this.#watch();
    const { watchMs = 2_000, askMs = 10_000 } = this.options;
    this.#timers = [
      setInterval(() => this.#watch(), watchMs),
      setInterval(() => this.#ask(), askMs),
      setInterval(() => this.#tellHealth(), Math.min(watchMs, 1_000)),
    ];
  }

  /** Everybody announced at present, this node's other runs left out. */
  sightings(): Sighting[] {
    const ids = new Set([...this.#heard.values()].map(({ deviceId }) => deviceId));
    return [...ids].map((id) => this.sighting(id)).filter((sighting) => sighting !== null);
  }

  sighting(deviceId: string): Sighting | null {
    const all = [...this.#heard.values()].filter((heard) => heard.deviceId === deviceId);
    const last = all.at(-1);
    if (last === undefined) return null;
    const known = all.flatMap((heard): KnownAddress[] => [
      ...(heard.sender === null ? [] : [{ host: heard.sender, port: heard.port, source: 'sender' as const }]),
      ...heard.addresses.map((host) => ({ host, port: heard.port, source: 'announced' as const })),
    ]);
    const { name, protocolVersion, instance, port } = last;
    return { deviceId, name, protocolVersion, instance, port, addresses: orderAddresses(known, this.#ownAddresses()) };
  }

  health(): MulticastHealth[] {
    return [...this.#interfaces.values()].map(({ address, heardItself, failure }) => (
      { interface: address.name, address: address.address, works: heardItself, problem: heardItself ? null : failure }
    ));
  }

  /** Looks at the interfaces and asks everybody at once: after a sleep. */
  refresh(): void {
    this.#watch();
    this.#ask();
  }

  /** Says goodbye to all. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    for (const key of [...this.#interfaces.keys()]) this.#drop(key);
    await Promise.all(this.#closing);
    this.#heard.clear();
  }

  #ownAddresses(): OwnAddress[] {
    return this.options.interfaces?.() ?? ownAddresses(networkInterfaces());
  }

  #watch(): void {
    const wanted = new Map(multicastAddresses(this.#ownAddresses()).map((own) => [`${own.name} ${own.address}`, own]));
    for (const key of [...this.#interfaces.keys()]) if (!wanted.has(key)) this.#drop(key);
    for (const [key, address] of wanted) {
      if (this.#interfaces.has(key)) continue;
      const { announcement, port } = this.options;
      const opened = new MulticastInterface(address, announcement, port, {
        onHeard: (heard) => this.#hear(heard),
        onGoodbye: (instance) => this.#forget(instance, 'goodbye'),
      });
      this.#interfaces.set(key, opened);
      this.#own.add(opened.instance);
    }
  }

  #drop(key: string): void {
    const closing = this.#interfaces.get(key)?.close().finally(() => this.#closing.delete(closing ?? Promise.resolve()));
    this.#interfaces.delete(key);
    if (closing !== undefined) this.#closing.add(closing);
  }

  #ask(): void {
    this.#round += 1;
    for (const { instance, round } of [...this.#heard.values()]) {
      if (this.#round - round > roundsToFade) this.#forget(instance, 'faded');
    }
    for (const opened of this.#interfaces.values()) opened.ask();
  }

  #hear(heard: HeardAnnouncement): void {
    if (this.#own.has(heard.instance)) return;
    const known = this.#heard.get(heard.instance);
    this.#heard.delete(heard.instance);
    this.#heard.set(heard.instance, { ...heard, round: this.#round });
    if (known !== undefined && sameNews(known, heard)) return;
    const sighting = this.sighting(heard.deviceId);
    if (sighting !== null) this.options.onSighted(sighting);
  }

  #forget(instance: string, why: 'goodbye' | 'faded'): void {
    const gone = this.#heard.get(instance);
    this.#heard.delete(instance);
    if (gone === undefined || [...this.#heard.values()].some(({ deviceId }) => deviceId === gone.deviceId)) return;
    this.options.onGone(gone.deviceId, why);
  }

  /** Told when it changes. */
  #tellHealth(): void {
    const health = this.health();
    const text = JSON.stringify(health);
    if (text === this.#health) return;
    this.#health = text;
    this.options.onMulticast?.(health);
  }
}

/** One announcement may be heard on several interfaces; only a change of what it says is news. */
function sameNews(a: HeardAnnouncement, b: HeardAnnouncement): boolean {
  return a.name === b.name && a.port === b.port && a.protocolVersion === b.protocolVersion
    && b.addresses.every((address) => a.addresses.includes(address));
}
