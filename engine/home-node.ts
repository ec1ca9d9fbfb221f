import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hearthHome } from './catalogue/models-folder.js';
import { AddressBook, type HostAndPort } from './cluster/address-book.js';
import { measureCapacity, type Capacity } from './cluster/capacity.js';
import { Cluster } from './cluster/cluster.js';
import { loadDeviceName, storeDeviceName } from './cluster/device-name.js';
import type { HomeState } from './cluster/home-state.js';
import { Home } from './cluster/home.js';
import { loadOrCreateIdentity, type Identity } from './cluster/identity.js';
import { memberPort } from './cluster/member-port.js';
import { pairingPort, type Pairing, type PairingPerson } from './cluster/pairing-session.js';
import { ClusterFailedError, HearthError, InterruptedError } from './errors.js';
import { AnswerDesk } from './home-node/answer-desk.js';
import type { AnswerEvent } from './home-node/answer-event.js';
import { InvitedWork } from './home-node/invited-work.js';
import { Invitations } from './home-node/invitations.js';
import { ModelKeeper } from './home-node/model-keeper.js';
import { NodePairing, type OpenPairing } from './home-node/node-pairing.js';
import { QuestionDesk } from './home-node/question-desk.js';
import { QuestionLine } from './home-node/question-line.js';
import type { AnswerRequest } from './loaded-model.js';
import type { HeldWeights } from './memory/window-choice.js';
import { hearthVersion } from './report/version.js';
import type { SoloOptions } from './shard/solo-settings.js';
import { keptFolders } from './slices/kept-slices.js';
import { serveSlices, type SliceServer } from './slices/slice-server.js';

export type { AnswerEvent } from './home-node/answer-event.js';
export type { HomeState } from './cluster/home-state.js';

export interface HomeNodeOptions {
  /** Hearth's folder: identity, home, addresses, slices. */
  readonly folder: string;
  /** A model that this laptop may lead the home with; null where it only helps. */
  readonly modelPath: string | null;
  /** How the model is loaded, here and on all others. */
  readonly load: SoloOptions;
  readonly collective?: 'star' | 'ring';
  /** Where a model's slices go: a folder of that name beside it, or an absolute path. Default `split`. */
  readonly saveDirOf?: (modelPath: string) => string;
  /** The most that Hearth may take here; default a share of what is free. Bytes. */
  readonly memoryBytes?: number | undefined;
  /** Default: what the person called it, or its host name. Remembered. */
  readonly name?: string | undefined;
  /** Where other laptops of the home are; remembered. */
  readonly addresses?: readonly HostAndPort[];
  readonly host?: string;
  /** Where members call; where it is not given and the usual one is taken, any free port. */
  readonly port?: number | undefined;
  readonly pairingPort?: number;
  /** Announces itself by multicast; default true. */
  readonly discovers?: boolean;
  /** Where a master waits for those it invites; 0 takes any free port. */
  readonly masterPort?: number;
  readonly filePort?: number;
  /** One line per event, for the log. Never holds a prompt. */
  readonly say?: (line: string) => void;
}

/** How long a question waits for a laptop that leads the home (ms). */
const masterPatienceMs = 20_000;
/** What a question may meet while the home settles, before anything of its answer was said. */
const unsettled = new Set(['NOT_MASTER', 'ANSWER_INTERRUPTED', 'NO_MODEL']);
const settleMs = 4_000;

interface Parts {
  readonly identity: Identity;
  readonly home: Home;
  readonly book: AddressBook;
  readonly cluster: Cluster;
  readonly capacity: Capacity;
  /** Gives the block files that this laptop keeps to any other of the home. */
  readonly blocks: SliceServer;
}

/**
 * This laptop as a part of its home: finds the others, leads or helps, and answers its person's questions wherever the
 * model is.
 */
export class HomeNode {
  readonly #pairing: NodePairing;
  readonly #work: InvitedWork;
  readonly #keeper: ModelKeeper;
  readonly #desk: AnswerDesk;
  readonly #line: QuestionLine;
  readonly #stopped = new AbortController();
  #name: string;
  #modelPath: string | null;

  private constructor(private readonly options: HomeNodeOptions, private readonly parts: Parts, name: string) {
    const { identity, home, cluster } = parts;
    const say = (line: string): void => options.say?.(line);
    this.#name = name;
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
        if (event.kind === 'planned') say(event.plan.why);
        else if (event.kind === 'ready') say(`The model is ready, ${event.seconds.toFixed(1)} s after it was begun.`);
        else if (event.kind === 'said') say(event.line);
        this.#desk.hear(event);
      },
    }, options.modelPath);
    this.#desk = new AnswerDesk(cluster, this.#keeper);
    this.#line = new QuestionLine(cluster);
    new QuestionDesk(cluster, (request, signal) => this.#desk.answer(request, signal));
    home.watch();
    this.#keeper.look();
  }

  /** Rejects with what is wrong with the folder's files, or with PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: HomeNodeOptions): Promise<HomeNode> {
    const { folder, say } = options;
    const notice = (line: string): void => say?.(line);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const identity = await loadOrCreateIdentity(folder);
    const name = options.name === undefined ? await loadDeviceName(folder) : await storeDeviceName(folder, options.name);
    const home = await Home.open({ folder, identity, name, onNotice: notice });
    const book = await AddressBook.open(join(folder, 'addresses.json'));
    for (const address of options.addresses ?? []) await book.add(address);
    const measured = await measureCapacity({ file: join(folder, 'capacity.json'), diskFolder: folder });
    const capacity = options.memoryBytes === undefined ? measured : { ...measured, memoryBytes: options.memoryBytes };
    const blocks = await serveSlices({
      host: options.host ?? '0.0.0.0', port: 0, identity,
      folderOf: () => undefined,
      blocks: { folders: () => keptFolders(join(hearthHome(), 'slices')), trusts: (deviceId) => home.isMember(deviceId) },
    });
    try {
      const cluster = await openCluster(options, { identity, home, book, capacity, blocks }, name);
      return new HomeNode(options, { identity, home, book, cluster, capacity, blocks }, name);
    } catch (error) {
      blocks.close();
      throw error;
    }
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

  /**
   * Asks the home: answered here where this laptop leads it, else carried to the one that does. Rejects with NO_MASTER,
   * NO_MODEL, with why the model cannot be had, or with ClusterFailedError ANSWER_INTERRUPTED when the laptop that led the
   * answer is lost: what came before stays said.
   */
  async *ask(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    const signals = [this.#stopped.signal, ...(signal === undefined ? [] : [signal])];
    for (const one of signals) one.addEventListener('abort', abort, { once: true });
    if (signals.some(({ aborted }) => aborted)) abort();
    try {
      yield* this.#askUntilHeard(request, stop.signal);
    } finally {
      for (const one of signals) one.removeEventListener('abort', abort);
    }
  }

  /**
   * Another model for this laptop to lead the home with, null where it shall only help; `held` says how all laptops keep its
   * weights, null as their memory allows. One that nobody chose, `isFallback`, serves a home where nobody has another.
   */
  setModel(modelPath: string | null, held: HeldWeights | null = null, isFallback = false): void {
    this.#modelPath = modelPath;
    this.parts.cluster.setHoldsModel(modelPath !== null && !isFallback);
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

  /** Gives this laptop another name. Throws WrongUseError DEVICE_NAME. */
  async rename(text: string): Promise<void> {
    this.#name = await storeDeviceName(this.options.folder, text);
    await this.parts.home.rename(this.#name);
    await this.parts.cluster.rename(this.#name);
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
    this.#stopped.abort(new InterruptedError());
    this.#pairing.close();
    await this.#work.stop();
    await this.#keeper.stop();
    await this.parts.cluster.stop();
    this.parts.blocks.close();
    this.parts.home.close();
  }

  async *#askUntilHeard(request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    for (const began = performance.now(); ;) {
      const master = await this.#master(signal);
      let said = false;
      try {
        const answer = master === this.deviceId ? this.#desk.answer(request, signal) : this.#line.ask(master, request, signal);
        for await (const event of answer) {
          said ||= event.kind !== 'queued';
          yield event;
        }
        return;
      } catch (error) {
        const code = error instanceof HearthError ? error.code : '';
        if (said || !unsettled.has(code) || performance.now() - began > settleMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  async #master(signal: AbortSignal): Promise<string> {
    const { cluster } = this.parts;
    const deadline = performance.now() + masterPatienceMs;
    for (;;) {
      if (signal.aborted) throw new InterruptedError();
      const { master } = cluster.status;
      if (master !== null) return master;
      if (performance.now() > deadline) {
        throw new ClusterFailedError('NO_MASTER', 'The laptops of this home have not agreed on who leads. `hearth cluster` shows who is there.');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function openCluster(options: HomeNodeOptions, parts: Omit<Parts, 'cluster'>, name: string): Promise<Cluster> {
  const { identity, home, book, capacity } = parts;
  const open = (port: number): Promise<Cluster> => Cluster.open({
    identity, home, book, name, capacity, port, hearthVersion,
    boot: randomBytes(16).toString('hex'), host: options.host ?? '0.0.0.0', discovers: options.discovers ?? true,
    electionFile: join(options.folder, 'election.json'), holdsModel: options.modelPath !== null,
    say: (line) => options.say?.(line),
  });
  try {
    return await open(options.port ?? memberPort);
  } catch (error) {
    const taken = error instanceof HearthError && error.code === 'PORT_IN_USE';
    if (!taken || options.port !== undefined) throw error;
    options.say?.(`${error.message} Members are let in at another port; where multicast is blocked, give it with the address.`);
    return open(0);
  }
}
