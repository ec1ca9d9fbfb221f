import type { HostAndPort } from './cluster/address-book.js';
import { storeDeviceName, wantedDeviceName } from './cluster/device-name.js';
import type { HomeState } from './cluster/home-state.js';
import { pairingPort, type Pairing, type PairingPerson } from './cluster/pairing-session.js';
import { AnswerDesk } from './home-node/answer-desk.js';
import type { AnswerEvent } from './home-node/answer-event.js';
import { HomeQuestions } from './home-node/home-questions.js';
import { Invitations } from './home-node/invitations.js';
import { InvitedWork } from './home-node/invited-work.js';
import { LaptopChanges } from './home-node/laptop-changes.js';
import { ModelKeeper } from './home-node/model-keeper.js';
import type { HomeNodeOptions } from './home-node/node-options.js';
import { NodePairing, type OpenPairing } from './home-node/node-pairing.js';
import { openNodeParts, type NodeParts } from './home-node/node-parts.js';
import { QuestionDesk } from './home-node/question-desk.js';
import type { AnswerRequest } from './loaded-model.js';
import type { HeldWeights } from './memory/window-choice.js';
import { settledRss } from './report/process-memory.js';
import { spoken } from './saying.js';
import type { LaptopChange } from './wire/laptop-change.js';

export type { HomeNodeOptions } from './home-node/node-options.js';
export type { AnswerEvent } from './home-node/answer-event.js';
export type { HomeState } from './cluster/home-state.js';

/**
 * This laptop as a part of its home: finds the others, leads or helps, and answers its person's questions wherever the
 * model is.
 */
export class HomeNode {
  readonly #pairing: NodePairing;
  readonly #work: InvitedWork;
  readonly #keeper: ModelKeeper;
  readonly #desk: AnswerDesk;
  readonly #questions: HomeQuestions;
  readonly #changes: LaptopChanges;
  #name: string;
  #modelPath: string | null;

  private constructor(private readonly options: HomeNodeOptions, private readonly parts: NodeParts) {
    const { identity, home, cluster } = parts;
    const say = (line: string): void => options.say?.(line);
    this.#name = parts.name;
    this.#modelPath = options.modelPath;
    const { host = '0.0.0.0', load } = options;
    this.#pairing = new NodePairing({ identity, home, host, port: options.pairingPort ?? pairingPort, name: () => this.#name });
    this.#work = new InvitedWork({ identity, cluster, threads: load.threads, say, modelPath: () => this.#modelPath, blockPort: parts.blocks.port });
    const invitations = new Invitations(cluster);
    this.#keeper = new ModelKeeper({
      cluster, say,
      open: {
        identity, load, host, saveDirOf: options.saveDirOf ?? (() => 'split'), collective: options.collective ?? 'star',
        masterPort: options.masterPort ?? 0, filePort: options.filePort ?? 0,
        invite: (request) => invitations.invite(request),
      },
      makeRoom: () => this.#work.stop().then(() => this.#work.start()),
      onEvent: (event) => {
        if (event.kind === 'planned') say(spoken(event.plan.why));
        else if (event.kind === 'ready') say(`The model is ready, ${event.seconds.toFixed(1)} s after it was begun.`);
        else if (event.kind === 'said') say(event.line);
        this.#desk.hear(event);
      },
    }, options.modelPath);
    this.#desk = new AnswerDesk(cluster, this.#keeper);
    const answerHere = (request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerEvent> => this.#desk.answer(request, signal);
    this.#questions = new HomeQuestions(identity.deviceId, cluster, answerHere);
    new QuestionDesk(cluster, answerHere);
    this.#changes = new LaptopChanges(cluster, (change, by) => {
      say(`${cluster.nameOf(by)} ${changeWords(change)}.`);
      return this.#change(change);
    });
    home.watch();
    this.#keeper.look();
  }

  /** Rejects with what is wrong with the folder's files, or with PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: HomeNodeOptions): Promise<HomeNode> {
    return new HomeNode(options, await openNodeParts(options));
  }

  get deviceId(): string {
    return this.parts.identity.deviceId;
  }

  get name(): string {
    return this.#name;
  }

  get port(): number {
    return this.parts.cluster.port;
  }

  /** How the home stands now, as plain data. */
  state(): HomeState {
    return this.parts.cluster.state();
  }

  /** Called soon after anything changed; returns what ends that. */
  onState(listener: (state: HomeState) => void): () => void {
    return this.parts.cluster.onState(listener);
  }

  /** Asks the home; see {@link HomeQuestions.ask}. */
  ask(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    return this.#questions.ask(request, signal);
  }

  /**
   * Another model for this laptop to lead the home with, null where it shall only help; `held` says how all laptops keep its
   * weights, null as their memory allows. One that nobody chose, `isFallback`, serves a home where nobody has another.
   */
  setModel(modelPath: string | null, held: HeldWeights | null = null, isFallback = false): void {
    this.#modelPath = modelPath;
    this.parts.cluster.setHoldsModel(modelPath !== null && !isFallback);
    void this.#measureProcess();
    this.#keeper.set(modelPath, held);
  }

  /** Opens pairing here; see {@link NodePairing.open}. */
  openPairing(how: OpenPairing): Promise<{ paired: Promise<Pairing>; port: number }> {
    return this.#pairing.open(how);
  }

  closePairing(): void {
    this.#pairing.close();
  }

  /** Pairs with a laptop at an address where pairing is open. */
  pairWith(host: string, person: PairingPerson, port?: number, signal?: AbortSignal): Promise<Pairing> {
    return this.#pairing.with(host, person, port, signal);
  }

  /** Puts a laptop out of the home, for all members. Rejects with WrongUseError NOT_A_MEMBER or UNPAIR_SELF. */
  async unpair(deviceId: string): Promise<void> {
    await this.parts.home.remove(deviceId);
  }

  /** Another laptop of the home is there; remembered. */
  async addAddress(address: HostAndPort): Promise<void> {
    await this.parts.book.add(address);
    this.parts.cluster.tryAgain();
  }

  /** Gives a laptop of the home another name. Rejects with WrongUseError DEVICE_NAME, or as {@link LaptopChanges.ask} does. */
  async rename(text: string, deviceId = this.deviceId): Promise<void> {
    await this.#changeOn(deviceId, { kind: 'rename', name: wantedDeviceName(text) });
  }

  /** Has a laptop of the home paused, or not any more, in a way that it keeps. Rejects as {@link LaptopChanges.ask} does. */
  async wantPaused(paused: boolean, deviceId = this.deviceId): Promise<void> {
    await this.#changeOn(deviceId, { kind: 'pause', paused });
  }

  /** Whom the person wants to lead the home; null lets the laptops choose. */
  pin(deviceId: string | null): void {
    this.parts.cluster.pin(deviceId);
  }

  /** Lets nothing be computed on this laptop for now, or again. */
  async pause(paused: boolean): Promise<void> {
    this.parts.cluster.setPaused(paused);
    this.#keeper.look();
    if (paused) await this.#work.stop();
    else this.#work.start();
  }

  /** Ends its part in everything and says goodbye. */
  async stop(): Promise<void> {
    this.#questions.stop();
    this.#pairing.close();
    await this.#work.stop();
    await this.#keeper.stop();
    await this.parts.cluster.stop();
    this.parts.blocks.close();
    this.parts.home.close();
  }

  #changeOn(deviceId: string, change: LaptopChange): Promise<void> {
    return deviceId === this.deviceId ? this.#change(change) : this.#changes.ask(deviceId, change);
  }

  async #change(change: LaptopChange): Promise<void> {
    const { folder, onPauseWanted = (paused: boolean) => this.pause(paused) } = this.options;
    if (change.kind === 'pause') return onPauseWanted(change.paused);
    this.#name = await storeDeviceName(folder, change.name);
    await this.parts.home.rename(this.#name);
    await this.parts.cluster.rename(this.#name);
  }

  /** Whatever its person has open here, such as a tokenizer, comes on top of what a share will take. */
  async #measureProcess(): Promise<void> {
    const bytes = await settledRss();
    if (!this.#keeper.holds && !this.#work.takesPart) this.parts.cluster.setProcessBytes(bytes);
  }
}

function changeWords(change: LaptopChange): string {
  if (change.kind === 'rename') return `calls this laptop ${change.name} from now on`;
  return change.paused ? 'has paused this laptop' : 'lets this laptop work again';
}
