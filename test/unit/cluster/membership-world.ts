import { expect } from 'vitest';
import {
  presentPeers, startMembership, stepMembership, type MembershipEffect, type MembershipEvent, type MembershipState,
} from '../../../engine/cluster/membership.js';

export type Happening =
  | { kind: 'crash' | 'start' | 'stop'; node: number }
  | { kind: 'freeze'; node: number; ms: number }
  | { kind: 'split'; groups: readonly number[] };

interface SimulatedNode {
  readonly id: string;
  state: MembershipState | null;
  boot: number;
  group: number;
  frozenUntil: number;
}

interface SimulatedLink {
  readonly number: number;
  readonly ends: readonly [SimulatedNode, SimulatedNode];
  readonly boots: readonly [number, number];
  open: boolean;
}

/** Whole nodes over links that carry beats while both ends live, run and are connected; time in steps of 100 ms. */
export class MembershipWorld {
  readonly #nodes: SimulatedNode[];
  readonly #links: SimulatedLink[] = [];
  #pending: { at: number; node: SimulatedNode; boot: number; event: MembershipEvent }[] = [];
  #now = 0;
  #random: number;

  constructor(count: number, seed: number) {
    this.#random = seed;
    this.#nodes = Array.from({ length: count }, (_, index) => ({
      id: `node-${index}`, state: null, boot: 0, group: 0, frozenUntil: 0,
    }));
    for (const node of this.#nodes) this.#start(node);
  }

  /** Afterwards every node runs, all are connected, and `quietMs` pass. */
  run(happenings: readonly { afterMs: number; what: Happening }[], quietMs: number): void {
    for (const { afterMs, what } of happenings) {
      this.#pass(afterMs);
      this.#happen(what);
    }
    for (const node of this.#nodes) {
      node.group = 0;
      this.#start(node);
    }
    this.#pass(quietMs);
  }

  /** Everybody has everybody present, over the same link at both ends. */
  checkTogether(): void {
    for (const node of this.#nodes) {
      const present = presentPeers(node.state!);
      expect([...present.keys()].sort()).toEqual(this.#nodes.filter((other) => other !== node).map(({ id }) => id));
      for (const [id, { link }] of present) {
        const other = this.#nodes.find((one) => one.id === id)!;
        expect(presentPeers(other.state!).get(node.id)!.link).toBe(link);
        expect(this.#links[link]!.open).toBe(true);
      }
    }
  }

  #happen(what: Happening): void {
    if (what.kind === 'split') {
      for (const [index, node] of this.#nodes.entries()) node.group = what.groups[index]!;
      return;
    }
    const node = this.#nodes[what.node]!;
    if (what.kind === 'start') this.#start(node);
    else if (what.kind === 'freeze') node.frozenUntil = this.#now + what.ms;
    else this.#end(node, what.kind === 'stop');
  }

  #start(node: SimulatedNode): void {
    if (node.state !== null) return;
    node.boot += 1;
    node.frozenUntil = 0;
    node.state = startMembership(node.id, this.#nodes.map(({ id }) => id), this.#now);
  }

  #end(node: SimulatedNode, goodbye: boolean): void {
    if (node.state === null) return;
    node.state = null;
    for (const link of this.#links) if (link.ends.includes(node)) this.#cut(link, node, goodbye);
  }

  /** The other end hears of it only while it is connected. */
  #cut(link: SimulatedLink, by: SimulatedNode, goodbye: boolean): void {
    if (!link.open) return;
    link.open = false;
    const other = link.ends[0] === by ? link.ends[1] : link.ends[0];
    if (other.group === by.group) this.#later(other, { kind: 'linkDown', id: by.id, link: link.number, goodbye });
  }

  #pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += 100;
      const due = this.#pending.filter(({ at, node }) => at <= this.#now && node.frozenUntil <= this.#now);
      this.#pending = this.#pending.filter((event) => !due.includes(event));
      for (const { node, boot, event } of due) if (node.boot === boot) this.#step(node, event);
      if (this.#now % 500 !== 0) continue;
      for (const node of this.#nodes) if (node.frozenUntil <= this.#now) this.#step(node, { kind: 'tick' });
    }
  }

  #step(node: SimulatedNode, event: MembershipEvent): void {
    if (node.state === null) return;
    const { state, effects } = stepMembership(node.state, event, this.#now);
    node.state = state;
    for (const effect of effects) this.#act(node, effect);
  }

  #act(node: SimulatedNode, effect: MembershipEffect): void {
    expect(effect.kind).not.toBe('cloned');
    if (effect.kind === 'dial') this.#dial(node, this.#nodes.find(({ id }) => id === effect.id)!);
    if (effect.kind === 'close') this.#cut(this.#links[effect.link]!, node, false);
    if (effect.kind !== 'beat') return;
    const link = this.#links[effect.link]!;
    const other = link.ends[0] === node ? link.ends[1] : link.ends[0];
    if (link.open && other.group === node.group) this.#later(other, { kind: 'heard', id: node.id, link: link.number });
  }

  #dial(node: SimulatedNode, other: SimulatedNode): void {
    if (other.state === null || other.group !== node.group || other.frozenUntil > this.#now) {
      return this.#later(node, { kind: 'dialFailed', id: other.id, failures: [{ address: other.id, outcome: 'timeout' }] });
    }
    const link = { number: this.#links.length, ends: [node, other] as const, boots: [node.boot, other.boot] as const, open: true };
    this.#links.push(link);
    const up = (peer: SimulatedNode, dialledBy: 'us' | 'them'): MembershipEvent => (
      { kind: 'linkUp', id: peer.id, link: link.number, boot: `${peer.boot}`, dialledBy, address: peer.id }
    );
    this.#later(node, up(other, 'us'));
    this.#later(other, up(node, 'them'));
  }

  #later(node: SimulatedNode, event: MembershipEvent): void {
    this.#random = (this.#random * 48_271) % 2_147_483_647;
    // A link keeps its order: what it carries later comes later.
    const at = Math.max(this.#now + 100 + (this.#random % 3) * 100, ...this.#pending.filter((one) => one.node === node).map((one) => one.at));
    this.#pending.push({ at, node, boot: node.boot, event });
  }
}
