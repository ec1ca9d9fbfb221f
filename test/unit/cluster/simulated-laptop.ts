import type { MembershipEffect, MembershipEvent } from '../../../engine/cluster/membership-events.js';
import { presentPeers, type MembershipState } from '../../../engine/cluster/membership.js';

export interface SimulatedNode {
  readonly id: string;
  readonly index: number;
  state: MembershipState | null;
  boot: number;
  group: number;
  frozenUntil: number;
  /** When the newest list reaches it: lists do not overtake each other. */
  listAt: number;
  /** What came while it was frozen. */
  held: Arrival[];
  /** Who is there, as it was told. */
  told: Set<string>;
}

export interface Arrival {
  readonly node: SimulatedNode;
  readonly boot: number;
  readonly event: MembershipEvent;
}

export interface SimulatedLink {
  readonly number: number;
  readonly ends: readonly [SimulatedNode, SimulatedNode];
  /** When what was last sent to either end arrives: a link keeps its order. */
  readonly lastAt: [number, number];
  open: boolean;
}

/** A broken promise. Thrown, not expected: there are millions of steps. */
export class BrokenPromise extends Error {}

/** Null once everybody runs and has everybody present, over the same link at both ends. */
export function whatParts(nodes: readonly SimulatedNode[], links: readonly SimulatedLink[], now: number): string | null {
  for (const node of nodes) {
    if (node.frozenUntil > now) return `${node.id} is frozen`;
    const present = presentPeers(node.state!);
    for (const other of nodes) {
      if (other === node) continue;
      const link = present.get(other.id)?.link;
      if (link === undefined) return `${node.id} does not see ${other.id}`;
      if (!node.told.has(other.id)) return `${node.id} was not told of ${other.id}`;
      if (presentPeers(other.state!).get(node.id)?.link !== link) return `${node.id} and ${other.id} use two links`;
      if (!links[link]!.open) return `the link of ${node.id} and ${other.id} is closed`;
    }
  }
  return null;
}

/** Notes what a node is told of another. Throws where that cannot be, or where it takes one laptop for two. */
export function takeNews(node: SimulatedNode, news: MembershipEffect): void {
  if (news.kind === 'cloned') throw new BrokenPromise(`${node.id} takes ${news.id} for two`);
  if (news.kind !== 'present' && news.kind !== 'moved' && news.kind !== 'absent') return;
  const isThere = node.told.has(news.id);
  if (isThere === (news.kind === 'present')) throw new BrokenPromise(`${node.id}, for which ${news.id} is ${isThere ? 'there' : 'gone'}, is told: ${news.kind}`);
  if (news.kind === 'present') node.told.add(news.id);
  else if (news.kind === 'absent') node.told.delete(news.id);
}
