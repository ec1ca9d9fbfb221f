import type { Control } from '../wire/control.js';
import type { HomeStatus } from '../wire/home-status.js';
import type { BodyOf, ControlName } from '../wire/messages.js';
import type { Capacity } from '../wire/capacity.js';
import type { AddressBook } from './address-book.js';
import { electionStatus, startElection, stepElection, type ElectionEvent, type ElectionStatus } from './election.js';
import { recallElection, rememberElection } from './election-memory.js';
import type { ElectionState, Merits } from './election-standing.js';
import { homeStateOf } from './home-report.js';
import type { HomeState } from './home-state.js';
import type { Home } from './home.js';
import type { Identity } from './identity.js';
import { MemberNetwork } from './member-network.js';
import type { LeaveReason } from './membership.js';
import type { LinkQuality, Offer } from './plan.js';

export interface ClusterOptions {
  readonly identity: Identity;
  readonly home: Home;
  readonly book: AddressBook;
  readonly name: string;
  readonly hearthVersion: string;
  /** This run of the process, 32 hex digits. */
  readonly boot: string;
  readonly host: string;
  readonly port: number;
  readonly discovers: boolean;
  /** Where the election's promises are kept. */
  readonly electionFile: string;
  readonly capacity: Capacity;
  /** Has the files of the model that is wanted. */
  readonly holdsModel: boolean;
  /** One line for the log per event. */
  readonly say: (line: string) => void;
}

/** A message that one member sent to this one. */
export interface MemberMessage {
  readonly from: string;
  readonly control: Control;
}

interface Told {
  readonly capacity: Capacity;
  readonly paused: boolean;
}

const tickMs = 250;
/** Screens are told at most this often. */
const tellMs = 100;
/** What is assumed of a link until its bandwidth is measured: slow Wi-Fi. */
const unmeasuredBytesPerSecond = 2_500_000;

/**
 * The laptops of one home at work together: who is there, who leads, what each offers. What they compute is for others:
 * they send and hear messages over the members' links.
 */
export class Cluster {
  #election: ElectionState;
  #network!: MemberNetwork;
  #capacity: Capacity;
  #paused = false;
  #holdsModel: boolean;
  /** What this laptop itself knows of the home's model, as master. */
  #ownStatus: HomeStatus = { model: null, laptops: [] };
  /** What the master said last, and which master that was. */
  #heardStatus: { from: string; status: HomeStatus } | null = null;
  readonly #told = new Map<string, Told>();
  readonly #stateListeners = new Set<(state: HomeState) => void>();
  readonly #messageListeners = new Set<(message: MemberMessage) => void>();
  readonly #absentListeners = new Set<(deviceId: string, why: LeaveReason) => void>();
  readonly #electionListeners = new Set<(status: ElectionStatus) => void>();
  readonly #offerListeners = new Set<() => void>();
  #telling: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastStatus = '';

  private constructor(private readonly options: ClusterOptions) {
    this.#capacity = options.capacity;
    this.#holdsModel = options.holdsModel;
    this.#election = startElection(
      options.identity.deviceId, options.boot, this.#merits(), performance.now(), recallElection(options.electionFile),
    );
  }

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    const { identity, home, book, name, hearthVersion, boot, host, port, discovers, say } = options;
    cluster.#network = await MemberNetwork.open({
      identity, home, book, name, hearthVersion, boot, host, port, discovers,
      listener: {
        present: (id, peerBoot) => cluster.#present(id, peerBoot),
        moved: (id) => cluster.#introduce(id),
        absent: (id, why) => cluster.#absent(id, why),
        heard: (id, control) => cluster.#heard(id, control),
        measured: () => cluster.#offersChanged(),
        changed: () => cluster.#tellLater(),
        say,
      },
    });
    cluster.#timer = setInterval(() => cluster.#elect({ kind: 'tick' }), tickMs);
    return cluster;
  }

  get port(): number {
    return this.#network.port;
  }

  get status(): ElectionStatus {
    return electionStatus(this.#election);
  }

  get paused(): boolean {
    return this.#paused;
  }

  state(): HomeState {
    const { identity, home } = this.options;
    const { master } = this.status;
    const network = this.#network;
    return homeStateOf({
      self: identity.deviceId, members: home.members(), status: this.status, pinned: this.#election.own.pin.deviceId,
      told: (id) => (id === identity.deviceId ? { capacity: this.#capacity, paused: this.#paused } : this.#told.get(id) ?? null),
      addressOf: (id) => network.linkOf(id)?.host ?? this.options.book.worked(id)?.host ?? null,
      isPresent: (id) => network.linkOf(id) !== undefined,
      figuresOf: (id) => network.figuresOf(id),
      problemOf: (id) => network.problemOf(id),
      placed: this.#placed(master),
      sightings: network.sightings(), multicast: network.multicast(),
    });
  }

  /** Called soon after anything changed that {@link state} tells; returns what ends that. */
  onState(listener: (state: HomeState) => void): () => void {
    return subscribe(this.#stateListeners, listener);
  }

  onMessage(listener: (message: MemberMessage) => void): () => void {
    return subscribe(this.#messageListeners, listener);
  }

  onAbsent(listener: (deviceId: string, why: LeaveReason) => void): () => void {
    return subscribe(this.#absentListeners, listener);
  }

  /** Called when the role, the master, the term or whether it takes work has changed. */
  onElection(listener: (status: ElectionStatus) => void): () => void {
    return subscribe(this.#electionListeners, listener);
  }

  /** Called when {@link offers} may have changed. */
  onOffers(listener: () => void): () => void {
    return subscribe(this.#offerListeners, listener);
  }

  /** Sends to a member that is present. Returns whether it was. */
  send<K extends ControlName>(deviceId: string, name: K, body: BodyOf<K>): boolean {
    return this.#network.send(deviceId, name, body);
  }

  /** Where a present member is, as this laptop sees it. */
  hostOf(deviceId: string): string | null {
    return this.#network.linkOf(deviceId)?.host ?? null;
  }

  nameOf(deviceId: string): string {
    return this.options.home.members().find((member) => member.deviceId === deviceId)?.name ?? deviceId.slice(0, 9);
  }

  /** Who is present and offers its help, this laptop first. */
  offers(): Offer[] {
    const own = this.#offerOf(this.options.identity.deviceId, { capacity: this.#capacity, paused: false }, null);
    const others = this.#network.presentIds().flatMap((id): Offer[] => {
      const told = this.#told.get(id);
      const link = this.#qualityOf(id);
      return told === undefined || told.paused || link === null ? [] : [this.#offerOf(id, told, link)];
    });
    return [own, ...others];
  }

  /** Whether every present member has said what it offers, and the link to it is measured. */
  get allOffersIn(): boolean {
    return this.#network.presentIds().every((id) => this.#told.has(id) && this.#network.figuresOf(id)?.bytesPerSecond != null);
  }

  /** Work began or ended on this master. */
  setBusy(busy: boolean): void {
    this.#elect({ kind: 'busy', busy });
  }

  setHoldsModel(holdsModel: boolean): void {
    this.#holdsModel = holdsModel;
    this.#elect({ kind: 'merits', merits: this.#merits() });
  }

  /** Whom the person wants as master, for all laptops; null lets them choose. */
  pin(deviceId: string | null): void {
    this.#elect({ kind: 'pin', deviceId });
  }

  /** Lets nothing be computed on this laptop, or again. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const id of this.#network.presentIds()) this.#tellCapacity(id);
    this.#elect({ kind: 'merits', merits: this.#merits() });
    this.#offersChanged();
  }

  /** What this laptop knows of the home's model, for all screens; counts while it is master. */
  setStatus(status: HomeStatus): void {
    this.#ownStatus = status;
    if (this.status.role === 'master') for (const id of this.#network.presentIds()) this.send(id, 'homeStatus', status);
    this.#tellLater();
  }

  rename(name: string): Promise<void> {
    return this.#network.rename(name);
  }

  /** A new address is known: those away are tried at once. */
  tryAgain(): void {
    this.#network.tryAgain();
  }

  /** Says goodbye to all. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#telling);
    await this.#network.stop();
  }

  #merits(): Merits {
    // Who is paused leads only where nobody else can.
    return { holdsModel: this.#holdsModel && !this.#paused, memoryBytes: this.#paused ? 0 : this.#capacity.memoryBytes };
  }

  #offerOf(deviceId: string, { capacity }: Told, link: LinkQuality | null): Offer {
    return { deviceId, name: this.nameOf(deviceId), capacity, link };
  }

  #qualityOf(id: string): LinkQuality | null {
    const figures = this.#network.figuresOf(id);
    if (figures === null) return null;
    return {
      roundTripSeconds: figures.roundTripMs / 1000, bytesPerSecond: figures.bytesPerSecond ?? unmeasuredBytesPerSecond,
    };
  }

  #placed(master: string | null): HomeStatus {
    if (master === this.options.identity.deviceId) return this.#ownStatus;
    const heard = this.#heardStatus;
    return heard !== null && heard.from === master ? heard.status : { model: null, laptops: [] };
  }

  #present(id: string, boot: string): void {
    this.#elect({ kind: 'appeared', id, boot });
    this.#introduce(id);
  }

  /** What a peer has to know of this laptop, besides its standing, which is said every second anyway. */
  #introduce(id: string): void {
    this.#tellCapacity(id);
    if (this.status.role === 'master') this.send(id, 'homeStatus', this.#ownStatus);
  }

  #absent(id: string, why: LeaveReason): void {
    this.#told.delete(id);
    this.#elect({ kind: 'vanished', id });
    for (const listener of [...this.#absentListeners]) listener(id, why);
    this.#offersChanged();
  }

  #heard(from: string, control: Control): void {
    if (control.name === 'standing') {
      // Nobody speaks for another.
      if (control.body.from === from) this.#elect({ kind: 'heard', standing: control.body });
    } else if (control.name === 'capacity') {
      this.#told.set(from, control.body);
      this.#offersChanged();
    } else if (control.name === 'homeStatus') {
      this.#heardStatus = { from, status: control.body };
      this.#tellLater();
    } else {
      for (const listener of [...this.#messageListeners]) listener({ from, control });
    }
  }

  #tellCapacity(id: string): void {
    this.send(id, 'capacity', { capacity: this.#capacity, paused: this.#paused });
  }

  #offersChanged(): void {
    for (const listener of [...this.#offerListeners]) listener();
    this.#tellLater();
  }

  #elect(event: ElectionEvent): void {
    const { state, effects } = stepElection(this.#election, event, performance.now());
    this.#election = state;
    for (const effect of effects) {
      if (effect.kind === 'remember') this.#remember(effect.remembered);
      else this.send(effect.to, 'standing', effect.standing);
    }
    this.#noticeElection();
  }

  #remember(remembered: Parameters<typeof rememberElection>[1]): void {
    try {
      rememberElection(this.options.electionFile, remembered);
    } catch (error) {
      // A full disk must not split the home: what this run promised it still knows.
      this.options.say(`The election cannot be stored: ${(error as Error).message}`);
    }
  }

  #noticeElection(): void {
    const { status } = this;
    const text = JSON.stringify([status.role, status.master, status.term, status.accepting]);
    if (text === this.#lastStatus) return;
    const [role, master] = JSON.parse(this.#lastStatus || '["", null]') as [string, string | null];
    this.#lastStatus = text;
    if (status.role !== role || status.master !== master) this.#sayElection(status);
    if (status.role === 'master' && role !== 'master') {
      for (const id of this.#network.presentIds()) this.send(id, 'homeStatus', this.#ownStatus);
    }
    for (const listener of [...this.#electionListeners]) listener(status);
    this.#tellLater();
  }

  #sayElection({ role, master }: ElectionStatus): void {
    if (role === 'master') this.options.say('This laptop leads the home.');
    else if (master !== null) this.options.say(`${this.nameOf(master)} leads the home.`);
  }

  #tellLater(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      if (this.#stateListeners.size === 0) return;
      const state = this.state();
      for (const listener of [...this.#stateListeners]) listener(state);
    }, tellMs);
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
