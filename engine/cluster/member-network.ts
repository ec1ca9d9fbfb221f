import type { Saying } from '../saying.js';
import type { Control } from '../wire/control.js';
import type { BodyOf, ControlName } from '../wire/messages.js';
import type { AddressBook } from './address-book.js';
import type { MulticastHealth, Sighting } from './discovery.js';
import { HomePassing } from './home-passing.js';
import type { Home, HomeDelta } from './home.js';
import type { Identity } from './identity.js';
import type { LinkFigures } from './link-probe.js';
import { LinkProbes } from './link-probes.js';
import type { MemberLink } from './member-port.js';
import { MemberProblems } from './member-problems.js';
import { MemberReach } from './member-reach.js';
import type { LeaveReason } from './membership-events.js';
import type { DialFailure } from './reachability.js';
import { Whereabouts } from './whereabouts.js';

export interface MemberNetworkOptions {
  readonly identity: Identity;
  readonly home: Home;
  readonly book: AddressBook;
  readonly name: string;
  readonly hearthVersion: string;
  /** This run of the process, 32 hex digits. */
  readonly boot: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Announces itself by multicast and listens for others. */
  readonly discovers: boolean;
  readonly listener: MemberNetworkListener;
}

export interface MemberNetworkListener {
  /** A link to the member stands, both ways; messages to it go through from now on. */
  present(deviceId: string, boot: string): void;
  /** It is reached over another link: what was last said over the one before may not have arrived. */
  moved(deviceId: string): void;
  absent(deviceId: string, why: LeaveReason): void;
  /** A message of those that are not about the link itself. */
  heard(deviceId: string, control: Control): void;
  /** A link was measured (again): what it gives may have changed. */
  measured(): void;
  /** Something that a screen shows has changed. */
  changed(): void;
  /** One line for the log. */
  say(line: string): void;
}

/**
 * The members of the home that are here, and what they tell each other without being asked: the home's list, where each is
 * reached, and what the links between them give.
 */
export class MemberNetwork {
  readonly #probes: LinkProbes;
  readonly #problems = new MemberProblems();
  readonly #whereabouts = new Whereabouts();
  readonly #passing: HomePassing;
  #reach!: MemberReach;
  #name: string;
  #unsubscribe: () => void = () => undefined;

  private constructor(private readonly options: MemberNetworkOptions) {
    this.#name = options.name;
    this.#probes = new LinkProbes(() => options.listener.measured());
    this.#passing = new HomePassing(options.home, (error) => this.#complain(error));
  }

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: MemberNetworkOptions): Promise<MemberNetwork> {
    const network = new MemberNetwork(options);
    await network.#open();
    return network;
  }

  get port(): number {
    return this.#reach.port;
  }

  /** Sends to a member that is present; drops what is for one that is not. Returns whether it was. */
  send<K extends ControlName>(deviceId: string, name: K, body: BodyOf<K>): boolean {
    const link = this.linkOf(deviceId);
    link?.link.send(name, body);
    return link !== undefined;
  }

  presentIds(): string[] {
    return this.#reach.presentIds();
  }

  linkOf(deviceId: string): MemberLink | undefined {
    return this.#reach.linkOf(deviceId);
  }

  figuresOf(deviceId: string): LinkFigures | null {
    return this.#probes.figuresOf(deviceId);
  }

  /** Why a member is not here, where that is known; this laptop's own problem under its own ID. */
  problemOf(deviceId: string): Saying | null {
    return this.#problems.of(deviceId);
  }

  /** Everybody announced near here, members included. */
  sightings(): Sighting[] {
    return this.#reach.near.sightings();
  }

  multicast(): readonly MulticastHealth[] {
    return this.#reach.near.multicast();
  }

  /** This laptop has another name: announced and told anew. */
  async rename(name: string): Promise<void> {
    this.#name = name;
    if (this.options.discovers) await this.#reach.near.announceAnew(name);
  }

  /** Somebody typed where another laptop is: everybody away is tried there at once. */
  tryAgain(): void {
    for (const id of this.#reach.peers.keys()) this.#reach.tryAt(id, '');
  }

  /** Says goodbye to all and closes. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#probes.stop();
    await this.#reach.stop();
  }

  async #open(): Promise<void> {
    const { identity, home, book, host, port, hearthVersion, boot, discovers, listener } = this.options;
    this.#reach = await MemberReach.open({
      identity, book, host, port, discovers,
      isMember: (id) => home.isMember(id),
      memberIds: () => home.members().map(({ deviceId }) => deviceId),
      heardOf: (id) => this.#whereabouts.of(id),
      name: () => this.#name,
      hello: () => ({ hearthVersion, boot, name: this.#name }),
      listener: {
        reached: (member, isNew) => this.#reached(member, isNew),
        left: (id, why) => this.#left(id, why),
        heard: (member, control) => this.#hear(member, control),
        unreachable: (id, failures) => this.#unreachable(id, failures),
        cloned: (id, addresses) => this.#tell(this.#problems.cloned(id, addresses).sentence),
        nearChanged: () => listener.changed(),
      },
    });
    this.#unsubscribe = home.subscribe((delta) => this.#homeChanged(delta));
    this.#reach.membersChanged();
    this.#probes.start();
  }

  #nameOf(deviceId: string): string {
    // Who was just put out is on no list any more, but its link still knows what it called itself.
    const named = [...this.options.home.members(), ...this.#reach.links()].find((one) => one.deviceId === deviceId);
    return named?.name ?? deviceId.slice(0, 9);
  }

  #presentLinks(): MemberLink[] {
    return this.presentIds().flatMap((id) => this.linkOf(id) ?? []);
  }

  #homeChanged({ removed, putOutBy }: HomeDelta): void {
    if (putOutBy !== undefined) {
      const by = removed.find(({ deviceId }) => deviceId === putOutBy)?.name ?? putOutBy.slice(0, 9);
      this.options.listener.say(`${by} put this laptop out of the home: it is alone until it is paired again.`);
    }
    // Those that are out are told as well, before their links close: they have to know that they are.
    if (putOutBy === undefined) for (const member of this.#presentLinks()) this.#passing.tell(member);
    for (const { deviceId } of removed) {
      this.#whereabouts.forget(deviceId);
      this.#problems.solved(deviceId);
      void this.options.book.forget(deviceId).catch((error: unknown) => this.#complain(error));
    }
    this.#reach.membersChanged();
    this.options.listener.changed();
  }

  #hear(member: MemberLink, control: Control): void {
    const { deviceId: id, link } = member;
    switch (control.name) {
      case 'ping':
        return link.send('pong', { number: control.body.number });
      case 'pong':
        return this.#probes.hear(id, control.body);
      case 'home':
        return this.#passing.hear(member, control.body);
      case 'whereabouts':
        return this.#heardWhereabouts(control.body);
      default:
        // What an old link still brings after a new one took its place counts as well: nothing was said twice.
        if (this.linkOf(id) !== undefined) this.options.listener.heard(id, control);
    }
  }

  #heardWhereabouts(body: BodyOf<'whereabouts'>): void {
    const isMember = (id: string): boolean => this.#reach.peers.has(id);
    for (const { deviceId, host } of this.#whereabouts.hear(body, isMember)) this.#reach.tryAt(deviceId, host);
  }

  #reached(member: MemberLink, isNew: boolean): void {
    const { deviceId: id, host, port, boot } = member;
    const { book, listener } = this.options;
    this.#problems.solved(id);
    book.remember(id, { host, port }).catch((error: unknown) => this.#complain(error));
    this.#passing.tell(member);
    if (isNew) {
      listener.say(`${this.#nameOf(id)} is here (${host}).`);
      listener.present(id, boot);
    } else {
      listener.moved(id);
    }
    this.#tellWhereabouts();
    this.#probes.begin(member);
    listener.changed();
  }

  #tellWhereabouts(): void {
    const present = this.#presentLinks();
    const peers = present.map(({ deviceId, host, port }) => ({ deviceId, host, port }));
    for (const { deviceId, link } of present) {
      link.send('whereabouts', { peers: peers.filter((peer) => peer.deviceId !== deviceId) });
    }
  }

  #left(id: string, why: LeaveReason): void {
    this.#probes.end(id);
    this.options.listener.say(`${this.#nameOf(id)} ${leaveWords[why]}.`);
    this.options.listener.absent(id, why);
    this.options.listener.changed();
  }

  #unreachable(id: string, failures: readonly DialFailure[]): void {
    const { near, peers } = this.#reach;
    this.#tell(this.#problems.unreachable({ deviceId: id, name: this.#nameOf(id), failures, sighting: near.sighting(id), peers }).sentence);
  }

  #tell(sentence: string): void {
    this.options.listener.say(sentence);
    this.options.listener.changed();
  }

  /** What goes wrong with files or with what others send is said and survived. */
  #complain(error: unknown): void {
    this.options.listener.say(error instanceof Error ? error.message : String(error));
  }
}

const leaveWords: Record<LeaveReason, string> = {
  goodbye: 'left',
  silent: 'was lost: it is silent',
  closed: 'was lost: its connection broke',
  removed: 'is no longer a member of this home',
  restarted: 'was started again',
  cloned: 'is left alone for now: two laptops run as this one device',
};
