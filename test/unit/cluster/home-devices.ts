import { makeIdentity, type Identity } from '../../../engine/cluster/identity.js';
import { signAdd, signFound, signRemove } from '../../../engine/cluster/home-author.js';
import { changeId, type HomeChange } from '../../../engine/cluster/home-change.js';
import { joinLists, type HomeList } from '../../../engine/cluster/home-list.js';
import { viewOf } from '../../../engine/cluster/home-view.js';

/** A device with a list in memory: what the pure parts of a home promise, without files and sockets. */
export class ListedDevice {
  list: HomeList;

  constructor(readonly identity: Identity, readonly name: string) {
    this.list = joinLists([signFound({ identity, list: new Map() }, name, 1)]);
  }

  get id(): string {
    return this.identity.deviceId;
  }

  /** Names of the members, as this device sees its home. */
  members(): string[] {
    return [...viewOf(this.list, [this.id]).members.values()].map((member) => member.name).sort();
  }

  sees(other: ListedDevice): boolean {
    return viewOf(this.list, [this.id]).members.has(other.id);
  }

  changes(): HomeChange[] {
    return [...this.list.values()];
  }

  take(changes: Iterable<HomeChange>): void {
    this.list = joinLists(this.list.values(), changes);
  }

  pair(other: ListedDevice): void {
    const mine = signAdd(this, other.id, other.changes());
    const theirs = signAdd(other, this.id, this.changes());
    const both = [...joinLists(this.list.values(), other.list.values(), [mine, theirs]).values()];
    this.take(both);
    other.take(both);
  }

  remove(other: ListedDevice): HomeChange {
    const change = signRemove(this, other.id);
    this.take([change]);
    return change;
  }

  rename(name: string): void {
    this.take([signFound(this, name, 1)]);
  }
}

/** Members that meet tell each other all they know. */
export function meet(a: ListedDevice, b: ListedDevice): void {
  const both = joinLists(a.list.values(), b.list.values());
  a.list = both;
  b.list = both;
}

export const idsOf = (list: HomeList): string[] => [...list.values()].map(changeId).sort();

const made: Promise<Identity>[] = [];

/** The `index`-th identity of this test file; keys are costly to make, so each is made once. */
export function testIdentity(index: number): Promise<Identity> {
  return (made[index] ??= makeIdentity());
}

export async function devices(...names: string[]): Promise<ListedDevice[]> {
  return Promise.all(names.map(async (name, index) => new ListedDevice(await testIdentity(index), name)));
}
