import type { Capacity } from '../wire/capacity.js';
import type { Control } from '../wire/control.js';
import type { HomeStatus } from '../wire/home-status.js';
import type { BodyOf, ControlName } from '../wire/messages.js';
import type { ClusterOptions, MemberMessage } from './cluster-options.js';
import type { ElectionStatus } from './election.js';
import { ElectionRun } from './election-run.js';
import type { Merits } from './election-standing.js';
import { homeStateOf } from './home-report.js';
import type { HomeState } from './home-state.js';
import { Listeners } from './listeners.js';
import { MemberNetwork } from './member-network.js';
import { MemberOffers } from './member-offers.js';
import type { LeaveReason } from './membership-events.js';
import type { Offer } from './plan.js';
import { StatusBoard } from './status-board.js';

/** Screens are told at most this often. */
const tellMs = 100;
/** A change of a process's size that is worth telling (bytes). */
const processStepBytes = 4 * 2 ** 20;
/** Other laptops are told at most this often how the model stands: while weights are on their way, that changes all the time. */
const statusMs = 250;

/**
 * The laptops of one home at work together: who is there, who leads, what each offers. What they compute is for others:
 * they send and hear messages over the members' links.
 */
export class Cluster {
  readonly #election: ElectionRun;
  readonly #board: StatusBoard;
  #network!: MemberNetwork;
  #offers!: MemberOffers;
  #capacity: Capacity;
  #paused = false;
  #holdsModel: boolean;
  readonly #state = new Listeners<[HomeState]>();
  readonly #messages = new Listeners<[MemberMessage]>();
  readonly #absences = new Listeners<[deviceId: string, why: LeaveReason]>();
  readonly #elections = new Listeners<[ElectionStatus]>();
  readonly #offerChanges = new Listeners<[]>();
  #telling: NodeJS.Timeout | undefined;
  #tellingStatus: NodeJS.Timeout | undefined;

  private constructor(private readonly options: ClusterOptions) {
    const { identity: { deviceId }, boot, electionFile, say } = options;
    this.#capacity = options.capacity;
    this.#holdsModel = options.holdsModel;
    this.#board = new StatusBoard(deviceId);
    this.#election = new ElectionRun({
      deviceId, boot, say, file: electionFile, merits: this.#merits(),
      send: (to, standing) => void this.send(to, 'standing', standing),
      onStatus: (status, before) => this.#elected(status, before),
    });
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
    cluster.#offers = new MemberOffers(cluster.#network, (id) => cluster.nameOf(id));
    cluster.#election.start();
    return cluster;
  }

  get port(): number {
    return this.#network.port;
  }

  get status(): ElectionStatus {
    return this.#election.status;
  }

  get paused(): boolean {
    return this.#paused;
  }

  state(): HomeState {
    const { identity: { deviceId: self }, home, book } = this.options;
    const network = this.#network;
    return homeStateOf({
      self, members: home.members(), status: this.status, pinned: this.#election.pinned,
      told: (id) => (id === self ? { capacity: this.#capacity, paused: this.#paused } : this.#offers.toldBy(id)),
      addressOf: (id) => network.linkOf(id)?.host ?? book.worked(id)?.host ?? null,
      isPresent: (id) => network.linkOf(id) !== undefined,
      figuresOf: (id) => network.figuresOf(id),
      problemOf: (id) => network.problemOf(id),
      placed: this.#board.under(this.status.master),
      sightings: network.sightings(), multicast: network.multicast(),
    });
  }

  /** Called soon after anything changed that {@link state} tells; returns what ends that. */
  onState(listener: (state: HomeState) => void): () => void {
    return this.#state.add(listener);
  }

  onMessage(listener: (message: MemberMessage) => void): () => void {
    return this.#messages.add(listener);
  }

  onAbsent(listener: (deviceId: string, why: LeaveReason) => void): () => void {
    return this.#absences.add(listener);
  }

  /** Called when the role, the master, the term or whether it takes work has changed. */
  onElection(listener: (status: ElectionStatus) => void): () => void {
    return this.#elections.add(listener);
  }

  /** Called when {@link offers} may have changed. */
  onOffers(listener: () => void): () => void {
    return this.#offerChanges.add(listener);
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
    const { deviceId } = this.options.identity;
    return [{ deviceId, name: this.nameOf(deviceId), capacity: this.#capacity, link: null }, ...this.#offers.all()];
  }

  /** Whether every present member has said what it offers, and the link to it is measured. */
  get allOffersIn(): boolean {
    return this.#offers.allIn;
  }

  /** Work began or ended on this master. */
  setBusy(busy: boolean): void {
    this.#election.take({ kind: 'busy', busy });
  }

  setHoldsModel(holdsModel: boolean): void {
    this.#holdsModel = holdsModel;
    this.#election.take({ kind: 'merits', merits: this.#merits() });
  }

  /** Whom the person wants as master, for all laptops; null lets them choose. */
  pin(deviceId: string | null): void {
    this.#election.take({ kind: 'pin', deviceId });
  }

  /** Lets nothing be computed on this laptop, or again. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const id of this.#network.presentIds()) this.#tellCapacity(id);
    this.#election.take({ kind: 'merits', merits: this.#merits() });
    this.#offersChanged();
  }

  /** What this process takes while it holds nothing of a model: told where it has changed so much that a plan would. */
  setProcessBytes(processBytes: number): void {
    if (Math.abs(processBytes - this.#capacity.processBytes) < processStepBytes) return;
    this.#capacity = { ...this.#capacity, processBytes };
    for (const id of this.#network.presentIds()) this.#tellCapacity(id);
    this.#offersChanged();
  }

  /** What this laptop knows of the home's model, for all screens; counts while it is master. */
  setStatus(status: HomeStatus): void {
    this.#board.own = status;
    this.#tellingStatus ??= setTimeout(() => {
      this.#tellingStatus = undefined;
      if (this.status.role === 'master') this.#tellStatus();
    }, statusMs);
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
    this.#election.stop();
    clearTimeout(this.#telling);
    clearTimeout(this.#tellingStatus);
    await this.#network.stop();
  }

  #merits(): Merits {
    // Who is paused leads only where nobody else can.
    return { holdsModel: this.#holdsModel && !this.#paused, memoryBytes: this.#paused ? 0 : this.#capacity.memoryBytes };
  }

  #present(id: string, boot: string): void {
    this.#election.take({ kind: 'appeared', id, boot });
    this.#introduce(id);
  }

  /** What a peer has to know of this laptop, besides its standing, which is said every second anyway. */
  #introduce(id: string): void {
    this.#tellCapacity(id);
    if (this.status.role === 'master') this.send(id, 'homeStatus', this.#board.own);
  }

  #absent(id: string, why: LeaveReason): void {
    this.#offers.forget(id);
    this.#election.take({ kind: 'vanished', id });
    this.#absences.tell(id, why);
    this.#offersChanged();
  }

  #heard(from: string, control: Control): void {
    if (control.name === 'standing') {
      // Nobody speaks for another.
      if (control.body.from === from) this.#election.take({ kind: 'heard', standing: control.body });
    } else if (control.name === 'capacity') {
      this.#offers.hear(from, control.body);
      this.#offersChanged();
    } else if (control.name === 'homeStatus') {
      this.#board.hear(from, control.body);
      this.#tellLater();
    } else {
      this.#messages.tell({ from, control });
    }
  }

  #tellCapacity(id: string): void {
    this.send(id, 'capacity', { capacity: this.#capacity, paused: this.#paused });
  }

  #tellStatus(): void {
    for (const id of this.#network.presentIds()) this.send(id, 'homeStatus', this.#board.own);
  }

  #offersChanged(): void {
    this.#offerChanges.tell();
    this.#tellLater();
  }

  #elected(status: ElectionStatus, before: ElectionStatus | null): void {
    if (status.role !== before?.role || status.master !== before.master) this.#sayElection(status);
    if (status.role === 'master' && before?.role !== 'master') this.#tellStatus();
    this.#elections.tell(status);
    this.#tellLater();
  }

  #sayElection({ role, master }: ElectionStatus): void {
    if (role === 'master') this.options.say('This laptop leads the home.');
    else if (master !== null) this.options.say(`${this.nameOf(master)} leads the home.`);
  }

  #tellLater(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      if (!this.#state.isEmpty) this.#state.tell(this.state());
    }, tellMs);
  }
}
