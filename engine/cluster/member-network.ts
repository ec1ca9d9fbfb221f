import { networkInterfaces } from 'node:os';
import { ClusterFailedError } from '../errors.js';
import { onControl, type Control } from '../wire/control.js';
import type { Problem } from '../wire/home-status.js';
import { protocolVersion, type BodyOf, type ControlName } from '../wire/messages.js';
import type { AddressBook } from './address-book.js';
import { clonedIdentity } from './cloned-identity.js';
import { Discovery, type MulticastHealth, type Sighting } from './discovery.js';
import type { Home, HomeDelta } from './home.js';
import { HomeIntake } from './home-intake.js';
import { sendHome } from './home-transfer.js';
import type { Identity } from './identity.js';
import { ownAddresses } from './interface-addresses.js';
import { LinkProbe, type LinkFigures } from './link-probe.js';
import { MemberDialler } from './member-dialler.js';
import { MemberPort, type MemberLink } from './member-port.js';
import {
  presentPeers, startMembership, stepMembership,
  type LeaveReason, type MembershipEffect, type MembershipEvent, type MembershipState,
} from './membership.js';
import { likelyReason, type DialFailure } from './reachability.js';
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

const tickMs = 250;
/** Laptops that start together are busy at first: until it was asked so often, a link's best is looked for often. */
const pingMs = 1_000;
const oftenPings = 15;
const seldomEvery = 10;
const sleptMs = 2_500;

/**
 * Who of the home is there, for real: the membership's rules with sockets, clocks, multicast and the address book. Keeps
 * one link with every member that can be reached, and passes the home's list on over each.
 */
export class MemberNetwork {
  #state: MembershipState;
  readonly #links = new Map<number, MemberLink>();
  readonly #probes = new Map<string, LinkProbe>();
  readonly #intakes = new Map<number, HomeIntake>();
  readonly #goodbyes = new Set<number>();
  readonly #problems = new Map<string, Problem>();
  readonly #whereabouts = new Whereabouts();
  readonly #stopped = new AbortController();
  readonly #events: MembershipEvent[] = [];
  #stepping = false;
  #port!: MemberPort;
  #dialler!: MemberDialler;
  #discovery: Discovery | null = null;
  #name: string;
  #multicast: readonly MulticastHealth[] = [];
  #timers: NodeJS.Timeout[] = [];
  #pings = 0;
  #unsubscribe: () => void = () => undefined;

  private constructor(private readonly options: MemberNetworkOptions) {
    this.#name = options.name;
    this.#state = startMembership(options.identity.deviceId, this.#memberIds(), performance.now());
  }

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: MemberNetworkOptions): Promise<MemberNetwork> {
    const network = new MemberNetwork(options);
    await network.#start();
    return network;
  }

  get port(): number {
    return this.#port.port;
  }

  /** Sends to a member that is present; drops what is for one that is not. Returns whether it was. */
  send<K extends ControlName>(deviceId: string, name: K, body: BodyOf<K>): boolean {
    const link = this.linkOf(deviceId);
    link?.link.send(name, body);
    return link !== undefined;
  }

  presentIds(): string[] {
    return [...presentPeers(this.#state).keys()];
  }

  linkOf(deviceId: string): MemberLink | undefined {
    const current = this.#state.peers.get(deviceId)?.current;
    return current === null || current === undefined ? undefined : this.#links.get(current.link);
  }

  figuresOf(deviceId: string): LinkFigures | null {
    return this.#probes.get(deviceId)?.figures ?? null;
  }

  /** Why a member is not here, where that is known; this laptop's own problem under its own ID. */
  problemOf(deviceId: string): Problem | null {
    return this.#problems.get(deviceId) ?? null;
  }

  /** Everybody announced near here, members included. */
  sightings(): Sighting[] {
    return this.#discovery?.sightings() ?? [];
  }

  multicast(): readonly MulticastHealth[] {
    return this.#multicast;
  }

  /** This laptop has another name: announced and told anew. */
  async rename(name: string): Promise<void> {
    this.#name = name;
    await this.#discovery?.stop();
    this.#discover();
  }

  /** Somebody typed where another laptop is: everybody away is tried there at once. */
  tryAgain(): void {
    for (const [id, { current }] of this.#state.peers) {
      if (current === null) this.#dispatch({ kind: 'sighted', id, address: '' });
    }
  }

  /** Says goodbye to all and closes. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    for (const { link } of this.#links.values()) {
      link.send('bye', {});
      link.close();
    }
    this.#port.close();
    await this.#discovery?.stop();
  }

  async #start(): Promise<void> {
    const { identity, home, book, host, port, hearthVersion, boot } = this.options;
    this.#port = await MemberPort.listen({
      identity, host, port, isMember: (id) => home.isMember(id),
      hello: () => ({ hearthVersion, boot, name: this.#name }),
      onLink: (link) => this.#linked(link),
    });
    this.#dialler = new MemberDialler({
      port: this.#port, book,
      heardOf: (id) => [...(this.#discovery?.sighting(id)?.addresses ?? []), ...this.#whereabouts.of(id)],
      ownAddresses: () => ownAddresses(networkInterfaces()),
      presentIds: () => this.presentIds(),
    });
    this.#unsubscribe = home.subscribe((delta) => this.#homeChanged(delta));
    this.#dispatch({ kind: 'members', ids: this.#memberIds() });
    this.#discover();
    this.#timers = [
      setInterval(() => this.#tick(), tickMs),
      setInterval(() => this.#ping(), pingMs),
    ];
  }

  #tick(): void {
    // After a sleep, what was heard by multicast may be long over.
    if (performance.now() - this.#state.lastTick > sleptMs) this.#discovery?.refresh();
    this.#dispatch({ kind: 'tick' });
  }

  #ping(): void {
    this.#pings += 1;
    for (const probe of this.#probes.values()) if (probe.asked < oftenPings || this.#pings % seldomEvery === 0) probe.ask();
  }

  #memberIds(): string[] {
    return this.options.home.members().map(({ deviceId }) => deviceId);
  }

  #nameOf(deviceId: string): string {
    // Who was just put out is on no list any more, but its link still knows what it called itself.
    const named = [...this.options.home.members(), ...this.#links.values()].find((one) => one.deviceId === deviceId);
    return named?.name ?? deviceId.slice(0, 9);
  }

  #discover(): void {
    if (!this.options.discovers || this.#stopped.signal.aborted) return;
    const { deviceId } = this.options.identity;
    this.#discovery = new Discovery({
      announcement: { deviceId, name: this.#name, protocolVersion },
      port: this.port,
      onSighted: (sighting) => this.#sighted(sighting),
      onGone: (id) => {
        this.#dispatch({ kind: 'unsighted', id });
        this.options.listener.changed();
      },
      onMulticast: (health) => {
        this.#multicast = health;
        this.options.listener.changed();
      },
    });
    this.#discovery.start();
  }

  #sighted({ deviceId, addresses }: Sighting): void {
    this.#dispatch({ kind: 'sighted', id: deviceId, address: addresses[0]?.host ?? 'an unknown address' });
    this.options.listener.changed();
  }

  #homeChanged({ removed, putOutBy }: HomeDelta): void {
    const changes = this.options.home.changes();
    if (putOutBy !== undefined) {
      const by = removed.find(({ deviceId }) => deviceId === putOutBy)?.name ?? putOutBy.slice(0, 9);
      this.options.listener.say(`${by} put this laptop out of the home: it is alone until it is paired again.`);
    }
    // Those that are out are told as well, before their links close: they have to know that they are.
    if (putOutBy === undefined) for (const id of this.presentIds()) this.#tellHome(id, changes);
    this.#dispatch({ kind: 'members', ids: this.#memberIds() });
    for (const { deviceId } of removed) {
      this.#whereabouts.forget(deviceId);
      this.#problems.delete(deviceId);
      void this.options.book.forget(deviceId).catch((error: unknown) => this.#complain(error));
    }
    for (const sighting of this.sightings()) this.#sighted(sighting);
    this.options.listener.changed();
  }

  #tellHome(deviceId: string, changes = this.options.home.changes()): void {
    const member = this.linkOf(deviceId);
    if (member !== undefined) sendHome(member.link, 'home', changes);
  }

  #linked(member: MemberLink): void {
    if (this.#stopped.signal.aborted) {
      member.link.close();
      return;
    }
    const { number, deviceId: id, boot, dialledBy, host } = member;
    this.#links.set(number, member);
    this.#intakes.set(number, new HomeIntake());
    this.#dispatch({ kind: 'linkUp', id, link: number, boot, dialledBy, address: host });
    onControl(member.link, (control) => this.#hear(member, control), () => this.#unlinked(member));
  }

  #unlinked({ number, deviceId: id }: MemberLink): void {
    this.#links.delete(number);
    this.#intakes.delete(number);
    const goodbye = this.#goodbyes.delete(number);
    if (!this.#stopped.signal.aborted) this.#dispatch({ kind: 'linkDown', id, link: number, goodbye });
  }

  #hear(member: MemberLink, control: Control): void {
    if (this.#stopped.signal.aborted) return;
    const { number, deviceId: id, link } = member;
    this.#dispatch({ kind: 'heard', id, link: number });
    switch (control.name) {
      case 'beat':
        return;
      case 'ping':
        return link.send('pong', { number: control.body.number });
      case 'pong':
        return this.#probes.get(id)?.hear(control.body);
      case 'bye':
        this.#goodbyes.add(number);
        return link.close();
      case 'home':
        return this.#takeHome(member, control.body);
      case 'whereabouts':
        return this.#heardWhereabouts(control.body);
      default:
        // What an old link still brings after a new one took its place counts as well: nothing was said twice.
        if (this.linkOf(id) !== undefined) this.options.listener.heard(id, control);
    }
  }

  #takeHome({ number, deviceId }: MemberLink, body: BodyOf<'home'>): void {
    const changes = this.#intakes.get(number)?.take(body);
    if (changes === null || changes === undefined) return;
    this.options.home.mergeFrom(deviceId, changes).catch((error: unknown) => this.#complain(error));
  }

  #heardWhereabouts(body: BodyOf<'whereabouts'>): void {
    const isMember = (id: string): boolean => this.#state.peers.has(id);
    for (const { deviceId: id, host } of this.#whereabouts.hear(body, isMember)) {
      if (this.linkOf(id) === undefined) this.#dispatch({ kind: 'sighted', id, address: host });
    }
  }

  /** One step at a time: what an effect brings about is taken after it. */
  #dispatch(event: MembershipEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, effects } = stepMembership(this.#state, next, performance.now());
        this.#state = state;
        for (const effect of effects) this.#carryOut(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #carryOut(effect: MembershipEffect): void {
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
        return this.#left(effect.id, effect.why);
      case 'unreachable':
        return this.#explain(effect.id, effect.failures);
      case 'cloned':
        return this.#cloned(effect.id, effect.addresses);
    }
  }

  async #dial(id: string): Promise<void> {
    const { link, others, failures } = await this.#dialler.dial(id, this.#stopped.signal);
    for (const other of others) this.#linked(other);
    if (link !== null) this.#linked(link);
    else if (!this.#stopped.signal.aborted) this.#dispatch({ kind: 'dialFailed', id, failures });
  }

  #reached(id: string, isNew: boolean): void {
    const member = this.linkOf(id);
    if (member === undefined) return;
    const { host, port, link, boot } = member;
    this.#problems.delete(id);
    const probe = new LinkProbe((ping) => link.send('ping', ping), () => this.options.listener.measured());
    this.#probes.set(id, probe);
    this.options.book.remember(id, { host, port }).catch((error: unknown) => this.#complain(error));
    this.#tellHome(id);
    if (isNew) {
      this.options.listener.say(`${this.#nameOf(id)} is here (${host}).`);
      this.options.listener.present(id, boot);
    } else {
      this.options.listener.moved(id);
    }
    this.#tellWhereabouts();
    probe.ask();
    this.options.listener.changed();
  }

  #tellWhereabouts(): void {
    const present = this.presentIds().map((deviceId) => ({ deviceId, member: this.linkOf(deviceId) }));
    const peers = present.flatMap(({ deviceId, member }) =>
      member === undefined ? [] : [{ deviceId, host: member.host, port: member.port }]);
    for (const { deviceId } of present) {
      this.send(deviceId, 'whereabouts', { peers: peers.filter((peer) => peer.deviceId !== deviceId) });
    }
  }

  #left(id: string, why: LeaveReason): void {
    this.#probes.delete(id);
    this.options.listener.say(`${this.#nameOf(id)} ${leaveWords[why]}.`);
    this.options.listener.absent(id, why);
    this.options.listener.changed();
  }

  #explain(id: string, failures: readonly DialFailure[]): void {
    const sighting = this.#discovery?.sighting(id) ?? null;
    const others = [...this.#state.peers].filter(([other]) => other !== id).map(([, peer]) => peer);
    const problem = likelyReason({
      name: this.#nameOf(id), peerVersion: sighting?.protocolVersion ?? protocolVersion, ownVersion: protocolVersion,
      seenByMulticast: sighting !== null, failures, ownAddresses: ownAddresses(networkInterfaces()),
      othersReached: others.filter(({ current }) => current !== null).length,
      othersUnreached: others.filter(({ current, failures: count }) => current === null && count > 0).length,
      platform: process.platform,
    });
    this.#problems.set(id, problem);
    this.options.listener.say(problem.sentence);
    this.options.listener.changed();
  }

  #cloned(id: string, addresses: readonly string[]): void {
    const { code, message } = clonedIdentity(id);
    const sentence = `${message} They are at ${addresses.join(' and ')}.`;
    this.#problems.set(id, { code, sentence });
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

