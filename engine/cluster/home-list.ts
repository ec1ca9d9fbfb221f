import { ClusterFailedError } from '../errors.js';
import { certificatesIn, changeId, isSigned, type FoundChange, type HomeChange } from './home-change.js';

/** A home's whole history that matters, by change ID. It only grows, except that a `found` gives way to a later one. */
export type HomeList = ReadonlyMap<string, HomeChange>;

/** More than any home has: 64 laptops that each were let in by several others, renamed and removed. */
export const maxChanges = 1024;

/**
 * The join of histories: every change of each, once. Commutative, associative and idempotent, so that members may
 * exchange lists in any order, any number of times, and end with the same one.
 */
export function joinLists(...lists: readonly Iterable<HomeChange>[]): HomeList {
  const joined = new Map<string, HomeChange>();
  const latest = new Map<string, string>();
  for (const list of lists) {
    for (const change of list) {
      const id = changeId(change);
      const held = joined.get(id);
      // The same words signed twice: either signature is good, so all keep the same one.
      if (held !== undefined && held.signature <= change.signature) continue;
      if (change.kind === 'found' && !isLatest(change, id, latest, joined)) continue;
      joined.set(id, change);
    }
  }
  return joined;
}

/** A device's last word about itself replaces its earlier ones. */
function isLatest(
  change: HomeChange, id: string, latest: Map<string, string>, joined: Map<string, HomeChange>,
): boolean {
  const heldId = latest.get(change.device);
  const held = heldId === undefined ? undefined : joined.get(heldId);
  if (held !== undefined && heldId !== undefined) {
    const order = change.version - held.version || change.lamport - held.lamport;
    if (order < 0 || (order === 0 && id < heldId)) return false;
    joined.delete(heldId);
  }
  latest.set(change.device, id);
  return true;
}

/**
 * The changes that `list` lacks, each checked to be signed by its author.
 * Throws ClusterFailedError HOME_FORGED for one that is not, HOME_TOO_LARGE when the join would exceed
 * {@link maxChanges}.
 */
export function newChanges(list: HomeList, incoming: readonly HomeChange[]): HomeChange[] {
  const fresh = incoming.filter((change) => list.get(changeId(change))?.signature !== change.signature);
  if (fresh.length === 0) return [];
  const certificates = certificatesIn([...list.values(), ...incoming]);
  if (!fresh.every((change) => isSigned(change, certificates))) {
    throw new ClusterFailedError(
      'HOME_FORGED', 'A list of members held a change that its author did not sign; nothing of it was taken over.',
    );
  }
  if (joinLists(list.values(), fresh).size > maxChanges) {
    throw new ClusterFailedError(
      'HOME_TOO_LARGE',
      `This home's list has more than ${maxChanges} changes. Delete home.json on all laptops and pair anew.`,
    );
  }
  return fresh;
}

/** Two processes of one device know the same in the end; if one began anew, what the other still holds is void. */
export function agree(a: HomeList, b: HomeList, deviceId: string): HomeList {
  const versionA = ownFound(a, deviceId)?.version ?? 0;
  const versionB = ownFound(b, deviceId)?.version ?? 0;
  if (versionA !== versionB && versionA > 0 && versionB > 0) return versionA > versionB ? a : b;
  return joinLists(a.values(), b.values());
}

/** What a device says of itself. */
export function ownFound(list: HomeList, deviceId: string): FoundChange | undefined {
  for (const change of list.values()) if (change.kind === 'found' && change.device === deviceId) return change;
  return undefined;
}

/** Whether both hold the same changes under the same signatures. */
export function sameList(a: HomeList, b: HomeList): boolean {
  return a.size === b.size && [...b].every(([id, change]) => a.get(id)?.signature === change.signature);
}
