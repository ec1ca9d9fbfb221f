import { networkInterfaces } from 'node:os';
import { ClusterFailedError } from '../errors.js';
import { onControl, type Control } from '../wire/control.js';
import type { AddressBook } from './address-book.js';
import type { KnownAddress } from './candidate-addresses.js';
import type { Sighting } from './discovery.js';
import { ownAddresses } from './interface-addresses.js';
import { MemberDialler } from './member-dialler.js';
import { MemberLinks } from './member-links.js';
import { MemberPort, type MemberLink, type MemberPortOptions } from './member-port.js';
import type { LeaveReason, MembershipEffect } from './membership-events.js';
import { presentPeers, type Peer } from './membership.js';
import { MembershipRun } from './membership-run.js';
import { Neighbourhood } from './neighbourhood.js';
import type { DialFailure } from './reachability.js';

export interface MemberReachOptions extends Omit<MemberPortOptions, 'onLink'> {
  readonly memberIds: () => readonly string[];
  readonly book: AddressBook;
  /** Where other members say that they reach it. */
  readonly heardOf: (deviceId: string) => readonly KnownAddress[];
  /** What this laptop calls itself. */
  readonly name: () => string;
  /** Announces itself by multicast and listens for others. */
  readonly discovers: boolean;
  readonly listener: MemberReachListener;
}

export interface MemberReachListener {
  /** A link to the member stands, both ways; `isNew` where it was away before, and not only moved to another link. */
  reached(member: MemberLink, isNew: boolean): void;
  left(deviceId: string, why: LeaveReason): void;
  /** A message of those that are not about the link itself. */
  heard(member: MemberLink, control: Control): void;
  /** It was tried at every address. */
  unreachable(deviceId: string, failures: readonly DialFailure[]): void;
  /** Two laptops run as this one device; it may be this laptop's own. */
  cloned(deviceId: string, addresses: readonly string[]): void;
  /** Who is near, or whether multicast works, has changed. */
  nearChanged(): void;
}

const tickMs = 250;
const sleptMs = 2_500;

/**
 * Keeps one link with every member that can be reached: the membership's rules with clocks, sockets, multicast and the
 * address book. What is said over the links is for its listener.
 */
export class MemberReach {
  readonly #membership: MembershipRun;
  readonly #links = new MemberLinks();
  readonly #stopped = new AbortController();
  #port!: MemberPort;
  #near!: Neighbourhood;
  #dialler!: MemberDialler;
  #timer: NodeJS.Timeout | undefined;

  private constructor(private readonly options: MemberReachOptions) {
    this.#membership = new MembershipRun(options.identity.deviceId, options.memberIds(), (effect) => this.#carryOut(effect));
  }

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: MemberReachOptions): Promise<MemberReach> {
    const reach = new MemberReach(options);
    reach.#port = await MemberPort.listen({ ...options, onLink: (link) => reach.#linked(link) });
    reach.#lookAround();
    return reach;
  }

  get port(): number {
    return this.#port.port;
  }

  get stopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Who is near, by what multicast says. */
  get near(): Neighbourhood {
    return this.#near;
  }

  /** What is known of every other member. */
  get peers(): ReadonlyMap<string, Peer> {
    return this.#membership.state.peers;
  }

  presentIds(): string[] {
    return [...presentPeers(this.#membership.state).keys()];
  }

  /** The link in use with a member; undefined while it is away. */
  linkOf(deviceId: string): MemberLink | undefined {
    const current = this.peers.get(deviceId)?.current;
    return current === null || current === undefined ? undefined : this.#links.get(current.link);
  }

  /** All links, those of who was just put out too. */
  links(): MemberLink[] {
    return this.#links.all();
  }

  /** The home's list has changed: who is out is let go, who is in is looked for. */
  membersChanged(): void {
    this.#membership.take({ kind: 'members', ids: this.options.memberIds() });
    for (const sighting of this.#near.sightings()) this.#sighted(sighting);
  }

  /** Somebody says where a member that is away may be. */
  tryAt(id: string, address: string): void {
    if (this.linkOf(id) === undefined) this.#membership.take({ kind: 'sighted', id, address });
  }

  /** Says goodbye to all and closes. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.#stopped.abort();
    clearInterval(this.#timer);
    for (const { link } of this.#links.all()) {
      link.send('bye', {});
      link.close();
    }
    this.#port.close();
    await this.#near.end();
  }

  #lookAround(): void {
    const { identity, book, heardOf, name, discovers, listener } = this.options;
    this.#near = new Neighbourhood({
      deviceId: identity.deviceId, port: this.port,
      onSighted: (sighting) => this.#sighted(sighting),
      onGone: (id) => {
        this.#membership.take({ kind: 'unsighted', id });
        listener.nearChanged();
      },
      onMulticast: () => listener.nearChanged(),
    });
    this.#dialler = new MemberDialler({
      port: this.#port, book,
      heardOf: (id) => [...(this.#near.sighting(id)?.addresses ?? []), ...heardOf(id)],
      ownAddresses: () => ownAddresses(networkInterfaces()),
      presentIds: () => this.presentIds(),
    });
    if (discovers) this.#near.announce(name());
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  #tick(): void {
    if (performance.now() - this.#membership.state.lastTick > sleptMs) this.#near.refresh();
    this.#membership.take({ kind: 'tick' });
  }

  #sighted({ deviceId, addresses }: Sighting): void {
    this.#membership.take({ kind: 'sighted', id: deviceId, address: addresses[0]?.host ?? 'an unknown address' });
    this.options.listener.nearChanged();
  }

  #linked(member: MemberLink): void {
    if (this.stopped) {
      member.link.close();
      return;
    }
    const { number, deviceId: id, boot, dialledBy, host } = member;
    this.#links.add(member);
    this.#membership.take({ kind: 'linkUp', id, link: number, boot, dialledBy, address: host });
    onControl(member.link, (control) => this.#hear(member, control), () => this.#unlinked(member));
  }

  #unlinked({ number, deviceId: id }: MemberLink): void {
    const goodbye = this.#links.drop(number);
    if (!this.stopped) this.#membership.take({ kind: 'linkDown', id, link: number, goodbye });
  }

  #hear(member: MemberLink, control: Control): void {
    if (this.stopped) return;
    const { number, deviceId: id, link } = member;
    this.#membership.take({ kind: 'heard', id, link: number });
    if (control.name === 'bye') {
      this.#links.saidGoodbye(number);
      link.close();
    } else if (control.name !== 'beat') {
      this.options.listener.heard(member, control);
    }
  }

  #carryOut(effect: MembershipEffect): void {
    const { listener } = this.options;
    switch (effect.kind) {
      case 'dial':
        return void this.#dial(effect.id);
      case 'beat':
        return this.#links.get(effect.link)?.link.send('beat', {});
      case 'close':
        return this.#links.get(effect.link)?.link.close(new ClusterFailedError('LINK_CLOSED', effect.why));
      case 'present':
      case 'moved':
        return this.#reached(effect.id, effect.kind === 'present');
      case 'absent':
        return listener.left(effect.id, effect.why);
      case 'unreachable':
        return listener.unreachable(effect.id, effect.failures);
      case 'cloned':
        return listener.cloned(effect.id, effect.addresses);
    }
  }

  #reached(id: string, isNew: boolean): void {
    const member = this.linkOf(id);
    if (member !== undefined) this.options.listener.reached(member, isNew);
  }

  async #dial(id: string): Promise<void> {
    const { link, others, failures } = await this.#dialler.dial(id, this.#stopped.signal);
    for (const other of others) this.#linked(other);
    if (link !== null) this.#linked(link);
    else if (!this.stopped) this.#membership.take({ kind: 'dialFailed', id, failures });
  }
}
