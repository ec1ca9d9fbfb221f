import { shownDeviceName } from './device-name.js';
import { authorOf, changeId, type AddChange, type HomeChange, type RemoveChange } from './home-change.js';
import type { HomeList } from './home-list.js';
import { startOfKnot } from './removal-conflicts.js';

export interface HomeMember {
  readonly deviceId: string;
  /** As the device calls itself now. */
  readonly name: string;
  /** DER in base64. */
  readonly certificate: string;
  /** The member that let it in; null where the device only speaks for itself. */
  readonly addedBy: string | null;
  readonly version: number;
}

export interface HomeView {
  readonly members: ReadonlyMap<string, HomeMember>;
  /** Removals that count, latest version of each device, members let in again since then included. */
  readonly removals: ReadonlyMap<string, RemoveChange>;
}

interface Counted {
  readonly adds: ReadonlySet<AddChange>;
  readonly removes: ReadonlySet<RemoveChange>;
}

/**
 * Who is in the home, seen from `roots`: devices that trust themselves (one's own, or both ends of a pairing). Pure, so
 * that all who hold the same list and are members to each other see the same home.
 *
 * A change counts if its author was a member: let in by a root, or by one whose letting-in counts. Once a removal of
 * the author counts, only the changes count that the remover knew (`keeps`): what a removed member signs later, or
 * dates back, is void. Two removals that void each other both count, since letting a laptop in that one of its housemates put
 * out is worse than asking for another pairing.
 */
export function viewOf(list: HomeList, roots: readonly string[]): HomeView {
  const { adds, removes } = settle(list, new Set(roots));
  const removals = new Map<string, RemoveChange>();
  for (const remove of removes) {
    if (remove.version > (removals.get(remove.device)?.version ?? 0)) removals.set(remove.device, remove);
  }
  const granted = new Map<string, AddChange>();
  for (const add of adds) {
    const held = granted.get(add.device);
    if (held === undefined || isLater(add, held)) granted.set(add.device, add);
  }
  const founds = foundChanges(list);
  const members = new Map<string, HomeMember>();
  for (const deviceId of new Set([...roots, ...granted.keys()])) {
    const add = granted.get(deviceId);
    const found = founds.get(deviceId);
    const latest = found ?? add;
    const rootVersion = roots.includes(deviceId) ? (found?.version ?? 1) : 0;
    const version = Math.max(add?.version ?? 0, rootVersion);
    if (latest === undefined || (removals.get(deviceId)?.version ?? 0) >= version) continue;
    const { certificate } = latest;
    const name = shownDeviceName(latest.name, deviceId);
    members.set(deviceId, { deviceId, name, certificate, addedBy: add?.by ?? null, version });
  }
  return { members, removals };
}

/** The version under which `device` is a member, or would be if it were let in now. */
export function versionFor(list: HomeList, view: HomeView, device: string): number {
  const founded = foundChanges(list).get(device)?.version ?? 1;
  return Math.max(founded, view.members.get(device)?.version ?? 0, (view.removals.get(device)?.version ?? 0) + 1);
}

function foundChanges(list: HomeList): Map<string, HomeChange & { kind: 'found' }> {
  const founds = [...list.values()].filter((change) => change.kind === 'found');
  return new Map(founds.map((found) => [found.device, found]));
}

/**
 * Which changes count. Removals void changes, among them removals, so what is certain is approached from both sides:
 * with too many removals in force too few changes count, and the other way round; each pass narrows the gap. What stays
 * undecided is a knot of removals that void each other: those that start it count, and the rest follows.
 */
function settle(list: HomeList, roots: ReadonlySet<string>): Counted {
  const forced = new Set<RemoveChange>();
  for (;;) {
    let least: ReadonlySet<RemoveChange> = forced;
    let most = union(forced, count(list, roots, least).removes);
    for (;;) {
      const more = union(forced, count(list, roots, most).removes);
      const fewer = union(forced, count(list, roots, more).removes);
      const settled = more.size === least.size && fewer.size === most.size;
      least = more;
      most = fewer;
      if (settled) break;
    }
    const undecided = [...most].filter((remove) => !least.has(remove));
    if (undecided.length === 0) return { adds: count(list, roots, most).adds, removes: most };
    for (const remove of startOfKnot(undecided)) forced.add(remove);
  }
}

/** What counts if exactly the removals `inForce` did. */
function count(list: HomeList, roots: ReadonlySet<string>, inForce: ReadonlySet<RemoveChange>): Counted {
  const adds = new Set<AddChange>();
  const removes = new Set<RemoveChange>();
  const standing = new Map<string, number>();
  const waiting = new Set([...list.values()].filter((change) => change.kind !== 'found' && !isVoid(change, inForce)));
  for (let grew = true; grew; ) {
    grew = false;
    for (const change of waiting) {
      if (change.kind === 'found') continue;
      if (!roots.has(change.by) && (standing.get(change.by) ?? 0) < change.byVersion) continue;
      waiting.delete(change);
      if (change.kind === 'remove') {
        removes.add(change);
        continue;
      }
      adds.add(change);
      if (change.version > (standing.get(change.device) ?? 0)) standing.set(change.device, change.version);
      grew = true;
    }
  }
  return { adds, removes };
}

function isVoid(change: HomeChange, inForce: ReadonlySet<RemoveChange>): boolean {
  if (change.kind === 'found') return false;
  for (const remove of inForce) {
    const past = remove.device === authorOf(change) && remove.version >= change.byVersion;
    if (past && !remove.keeps.includes(changeId(change))) return true;
  }
  return false;
}

/** A total order, so that all name the same member as the one that let a device in. */
function isLater(a: AddChange, b: AddChange): boolean {
  return a.version - b.version > 0 || (a.version === b.version && (a.lamport < b.lamport
    || (a.lamport === b.lamport && changeId(a) < changeId(b))));
}

function union<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): Set<T> {
  return new Set([...a, ...b]);
}
