import { unwatchFile, watchFile } from 'node:fs';
import { WrongUseError } from '../errors.js';
import { signAdd, signFound, signRemove } from './home-author.js';
import type { HomeChange } from './home-change.js';
import { homeFile, readHomeFile, writeHomeFile } from './home-file.js';
import { agree, joinLists, newChanges, ownFound, sameList, type HomeList } from './home-list.js';
import { withHomeLock } from './home-lock.js';
import { viewOf, type HomeMember, type HomeView } from './home-view.js';
import type { Identity } from './identity.js';

export type { HomeMember };

/** What a change of the list meant for this device. */
export interface HomeDelta {
  readonly added: readonly HomeMember[];
  /** Connections to these must be closed now. */
  readonly removed: readonly HomeMember[];
  /** The device ID of the member that put this device out; its home is then itself alone. */
  readonly putOutBy: string | undefined;
  /** Whether there is anything that the other members should be told. */
  readonly changed: boolean;
}

export interface HomeOptions {
  readonly folder: string;
  readonly identity: Identity;
  readonly name: string;
  /** One line for the person, e.g. that a damaged file was set aside. */
  readonly onNotice?: (line: string) => void;
}

const watchIntervalMs = 1_000;

/**
 * The home of this device: which devices it trusts, as a list of signed changes that every member keeps and passes on.
 * Kept in `home.json` beside the identity; several processes of one device may use it at the same time.
 */
export class Home {
  #list: HomeList = new Map();
  #view: HomeView = { members: new Map(), removals: new Map() };
  #last: Promise<unknown> = Promise.resolve();
  readonly #listeners = new Set<(delta: HomeDelta) => void>();
  readonly #onFile = (): void => void this.refresh().catch(() => undefined);

  private constructor(private readonly options: HomeOptions) {}

  /** Reads the home, or founds one. Rejects with WrongUseError HOME_UNREADABLE or HOME_UNWRITABLE. */
  static async open(options: HomeOptions): Promise<Home> {
    const home = new Home(options);
    await home.#change((list) => {
      const own = ownFound(list, options.identity.deviceId);
      if (own?.name === options.name) return [];
      return [signFound({ identity: options.identity, list }, options.name, own?.version ?? 1)];
    });
    return home;
  }

  get deviceId(): string {
    return this.options.identity.deviceId;
  }

  /** This device first, then by name. */
  members(): HomeMember[] {
    const rank = (member: HomeMember): number => (member.deviceId === this.deviceId ? 0 : 1);
    return [...this.#view.members.values()].sort((a, b) =>
      rank(a) - rank(b) || a.name.localeCompare(b.name) || a.deviceId.localeCompare(b.deviceId));
  }

  /** Whether connections from and to this device are welcome. */
  isMember(deviceId: string): boolean {
    return this.#view.members.has(deviceId);
  }

  /** All changes, to be passed on to a member. */
  changes(): HomeChange[] {
    return [...this.#list.values()];
  }

  /** Called after every change of the members; returns what ends that. */
  subscribe(listener: (delta: HomeDelta) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes over what another member knows. Rejects with ClusterFailedError HOME_FORGED or HOME_TOO_LARGE, and then takes
   * nothing.
   */
  merge(changes: readonly HomeChange[]): Promise<HomeDelta> {
    return this.#change((list) => newChanges(list, changes));
  }

  /**
   * Takes over what the member `deviceId` knows; nothing, if it is a member no more by the time its turn comes. Else a laptop
   * that was just put out, and has begun anew, would be led back into the old list by the next one that tells it of its removal.
   */
  mergeFrom(deviceId: string, changes: readonly HomeChange[]): Promise<HomeDelta> {
    return this.#change((list) => (viewOf(list, [this.deviceId]).members.has(deviceId) ? newChanges(list, changes) : []));
  }

  /** The change that lets `peerId` in, to be merged by both ends of a pairing; `theirs` is all that the peer knows. */
  welcome(peerId: string, theirs: readonly HomeChange[]): HomeChange {
    newChanges(this.#list, theirs);
    return signAdd({ identity: this.options.identity, list: this.#list }, peerId, theirs);
  }

  /** Puts a member out, for all members. Rejects with WrongUseError NOT_A_MEMBER or UNPAIR_SELF. */
  async remove(deviceId: string): Promise<HomeDelta> {
    if (deviceId === this.deviceId) {
      throw new WrongUseError('UNPAIR_SELF', 'This is this laptop itself. Unpair it on another one of the home.');
    }
    return this.#change((list) => {
      if (!viewOf(list, [this.deviceId]).members.has(deviceId)) {
        throw new WrongUseError('NOT_A_MEMBER', `${deviceId} is not in this home. \`hearth members\` lists who is.`, { values: { name: deviceId } });
      }
      return [signRemove({ identity: this.options.identity, list }, deviceId)];
    });
  }

  /** Gives this device another name in the list; the caller stores it with the device. */
  rename(name: string): Promise<HomeDelta> {
    return this.#change((list) =>
      [signFound({ identity: this.options.identity, list }, name, ownFound(list, this.deviceId)?.version ?? 1)]);
  }

  /** Learns what other processes of this device stored, such as `hearth unpair`. */
  refresh(): Promise<HomeDelta> {
    return this.#change(() => []);
  }

  /** Refreshes by itself when the file changes, until `close`. */
  watch(): void {
    watchFile(homeFile(this.options.folder), { interval: watchIntervalMs, persistent: false }, this.#onFile);
  }

  close(): void {
    unwatchFile(homeFile(this.options.folder), this.#onFile);
    this.#listeners.clear();
  }

  /** One change after the other: `make` sees all that is known, the file included. */
  #change(make: (list: HomeList) => readonly HomeChange[]): Promise<HomeDelta> {
    const next = this.#last.then(() => withHomeLock(this.options.folder, () => this.#apply(make)));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #apply(make: (list: HomeList) => readonly HomeChange[]): Promise<HomeDelta> {
    const { folder, onNotice: notice = () => undefined } = this.options;
    const before = this.#list;
    const stored = joinLists(await readHomeFile(folder, notice));
    let known = agree(stored, before, this.deviceId);
    known = joinLists(known.values(), make(known));
    const putOutBy = viewOf(known, [this.deviceId]).members.has(this.deviceId) ? undefined : this.#remover(known);
    if (putOutBy !== undefined) known = this.#begunAnew(known);
    if (!sameList(stored, known)) await writeHomeFile(folder, known.values());
    this.#list = known;
    return this.#announce(!sameList(before, known), putOutBy);
  }

  #remover(list: HomeList): string | undefined {
    return viewOf(list, [this.deviceId]).removals.get(this.deviceId)?.by;
  }

  /** A device that was put out begins a home of its own, so that it does not carry the old one to the next. */
  #begunAnew(list: HomeList): HomeList {
    const version = (viewOf(list, [this.deviceId]).removals.get(this.deviceId)?.version ?? 0) + 1;
    const name = ownFound(list, this.deviceId)?.name ?? this.options.name;
    return joinLists([signFound({ identity: this.options.identity, list }, name, version)]);
  }

  #announce(changed: boolean, putOutBy: string | undefined): HomeDelta {
    const before = this.#view.members;
    this.#view = viewOf(this.#list, [this.deviceId]);
    const now = this.#view.members;
    const delta = {
      added: [...now.values()].filter((member) => !before.has(member.deviceId)),
      removed: [...before.values()].filter((member) => !now.has(member.deviceId)),
      putOutBy,
      changed,
    };
    if (changed) for (const listener of [...this.#listeners]) listener(delta);
    return delta;
  }
}
