import { ClusterFailedError } from '../errors.js';
import { authorOf, certificateOf, changeId, signChange, type HomeChange } from './home-change.js';
import { joinLists, type HomeList } from './home-list.js';
import { versionFor, viewOf } from './home-view.js';
import type { Identity } from './identity.js';

/** As many as a run has ranks. */
const maxMembers = 64;
const maxKeeps = 512;

/** The member that signs, and what it knows. */
export interface Author {
  readonly identity: Identity;
  readonly list: HomeList;
}

/** A device's word about itself; `version` 1 begins, a higher one begins anew after a removal. */
export function signFound({ identity, list }: Author, name: string, version: number): HomeChange {
  const certificate = certificateOf(identity);
  const lamport = nextLamport(list);
  return signChange({ kind: 'found', device: identity.deviceId, certificate, name, version, lamport }, identity);
}

/**
 * Lets `peerId` in: what one end of a pairing signs, once it has the other's changes. Both ends judge the versions by
 * the same joined list and with both as roots, so they agree on them, whatever either home had removed before.
 * Throws ClusterFailedError PAIRING_NO_CERTIFICATE or HOME_FULL.
 */
export function signAdd({ identity, list }: Author, peerId: string, theirs: readonly HomeChange[]): HomeChange {
  const joined = joinLists(list.values(), theirs);
  const found = theirs.find((change) => change.kind === 'found' && change.device === peerId);
  if (found?.kind !== 'found') {
    const sentence = 'The other laptop did not say who it is; it was not paired. Install the same Hearth on both.';
    throw new ClusterFailedError('PAIRING_NO_CERTIFICATE', sentence);
  }
  const view = viewOf(joined, [identity.deviceId, peerId]);
  if (new Set([...view.members.keys(), identity.deviceId, peerId]).size > maxMembers) {
    throw new ClusterFailedError(
      'HOME_FULL', `A home has at most ${maxMembers} laptops. Unpair one that is not used any more.`,
      { values: { most: maxMembers } },
    );
  }
  return signChange({
    kind: 'add', device: peerId, certificate: found.certificate, name: found.name,
    version: versionFor(joined, view, peerId),
    by: identity.deviceId, byVersion: versionFor(joined, view, identity.deviceId), lamport: nextLamport(joined),
  }, identity);
}

/** Puts a member out. All that it signed and that is known here goes on counting, so that whom it let in stays in. */
export function signRemove({ identity, list }: Author, device: string): HomeChange {
  const view = viewOf(list, [identity.deviceId]);
  const version = view.members.get(device)?.version ?? 1;
  const keeps = [...list.values()]
    .filter((change) => change.kind !== 'found' && authorOf(change) === device && change.byVersion <= version)
    .map((change) => changeId(change)).sort().slice(0, maxKeeps);
  const byVersion = versionFor(list, view, identity.deviceId);
  return signChange(
    { kind: 'remove', device, version, keeps, by: identity.deviceId, byVersion, lamport: nextLamport(list) }, identity,
  );
}

/** Larger than all that is known; one who counts to the end of numbers gains nothing by it. */
function nextLamport(list: HomeList): number {
  let lamport = 0;
  for (const change of list.values()) lamport = Math.max(lamport, change.lamport);
  return Math.min(lamport + 1, Number.MAX_SAFE_INTEGER - 1);
}
