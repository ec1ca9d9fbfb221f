import type { MembershipEffect, MembershipEvent } from '../../../engine/cluster/membership-events.js';
import { startMembership, stepMembership } from '../../../engine/cluster/membership.js';
import { BrokenPromise, takeNews, whatParts, type Arrival, type SimulatedLink, type SimulatedNode } from './simulated-laptop.js';

export type Happening =
  | { kind: 'crash' | 'start' | 'stop'; node: number }
  | { kind: 'freeze'; node: number; ms: number }
  | { kind: 'split'; groups: readonly number[] }
  /** The home's list is another from now on; who is not on it is alone. */
  | { kind: 'members'; listed: readonly boolean[] };

const stepMs = 100;
/** A freeze of 9 s, a silence of 4 s, the longest wait between two dials of 8 s, and what is on the way meanwhile. */
const soonMs = 30_000;
/** Twice a silence: by then any link that is used by one end only was missed. */
const stayMs = 8_000;

/**
 * Whole nodes over links that carry beats while both ends live, run and are connected; time in steps of 100 ms. What goes
 * over one link keeps its order; links overtake each other. Multicast news is delayed, doubled, overtaken and lost. Throws
 * when a node is told twice that a peer is there or gone, or that two share one identity.
 */
export class MembershipWorld {
  readonly #nodes: SimulatedNode[];
  readonly #links: SimulatedLink[] = [];
  readonly #arrivals = new Map<number, Arrival[]>();
  #listed: readonly boolean[];
  #now = 0;
  #random: number;

  constructor(count: number, seed: number) {
    this.#random = seed | 1;
    this.#listed = Array<boolean>(count).fill(true);
    this.#nodes = Array.from({ length: count }, (_, index) => ({
      id: `node-${index}`, index, state: null, boot: 0, group: 0, frozenUntil: 0, listAt: 0, held: [], told: new Set(),
    }));
    for (const node of this.#nodes) this.#start(node);
  }

  /** Throws unless all are together soon once every node runs and is a member and all are connected, and stay so. */
  run(happenings: readonly { afterMs: number; what: Happening }[]): void {
    for (const { afterMs, what } of happenings) {
      this.#pass(afterMs);
      this.#happen(what);
    }
    this.#happen({ kind: 'split', groups: this.#nodes.map(() => 0) });
    this.#happen({ kind: 'members', listed: this.#nodes.map(() => true) });
    for (const node of this.#nodes) this.#start(node);
    for (const end = this.#now + soonMs; this.#now < end && whatParts(this.#nodes, this.#links, this.#now) !== null; ) this.#pass(500);
    this.#pass(stayMs);
    const parted = whatParts(this.#nodes, this.#links, this.#now);
    if (parted !== null) throw new BrokenPromise(parted);
  }

  #happen(what: Happening): void {
    if (what.kind === 'split') {
      for (const node of this.#nodes) node.group = what.groups[node.index]!;
    } else if (what.kind === 'members') {
      this.#listed = what.listed;
      for (const node of this.#nodes) {
        node.listAt = Math.max(this.#now + stepMs + this.#upTo(20) * stepMs, node.listAt);
        this.#arrive(node.listAt, node, { kind: 'members', ids: this.#list(node) });
      }
    } else {
      const node = this.#nodes[what.node]!;
      if (what.kind === 'start') this.#start(node);
      else if (what.kind === 'freeze') node.frozenUntil = this.#now + what.ms;
      else this.#end(node, what.kind === 'stop');
    }
  }

  #list(node: SimulatedNode): string[] {
    if (!this.#listed[node.index]) return [node.id];
    return this.#nodes.filter(({ index }) => this.#listed[index]).map(({ id }) => id);
  }

  #start(node: SimulatedNode): void {
    if (node.state !== null) return;
    node.boot += 1;
    node.frozenUntil = 0;
    node.held = [];
    node.told = new Set();
    node.state = startMembership(node.id, this.#list(node), this.#now);
    this.#announce({ kind: 'sighted', id: node.id, address: node.id }, node);
  }

  #end(node: SimulatedNode, goodbye: boolean): void {
    if (node.state === null) return;
    node.state = null;
    for (const link of this.#links) if (link.open && link.ends.includes(node)) this.#cut(link, node, goodbye);
    if (goodbye) this.#announce({ kind: 'unsighted', id: node.id }, node);
  }

  #announce(event: MembershipEvent, by: SimulatedNode): void {
    for (const node of this.#nodes) {
      if (node === by || node.group !== by.group) continue;
      for (let copies = this.#upTo(3); copies > 0; copies--) this.#arrive(this.#now + stepMs + this.#upTo(30) * stepMs, node, event);
    }
  }

  /** The other end hears of it only while it is connected. */
  #cut(link: SimulatedLink, by: SimulatedNode, goodbye: boolean): void {
    link.open = false;
    const other = link.ends[0] === by ? link.ends[1] : link.ends[0];
    if (other.group === by.group) this.#over(link, other, { kind: 'linkDown', id: by.id, link: link.number, goodbye });
  }

  #pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end; ) {
      this.#now += stepMs;
      const due = this.#arrivals.get(this.#now) ?? [];
      this.#arrivals.delete(this.#now);
      for (const node of this.#nodes) {
        if (node.held.length > 0 && node.frozenUntil <= this.#now) for (const arrival of node.held.splice(0)) this.#take(arrival);
      }
      for (const arrival of due) this.#take(arrival);
      for (const node of this.#nodes) {
        if ((this.#now + node.index * stepMs) % 500 === 0 && node.frozenUntil <= this.#now) this.#step(node, { kind: 'tick' });
      }
    }
  }

  #take(arrival: Arrival): void {
    const { node, boot, event } = arrival;
    if (node.boot !== boot) return;
    if (node.frozenUntil > this.#now) node.held.push(arrival);
    else this.#step(node, event);
  }

  #step(node: SimulatedNode, event: MembershipEvent): void {
    if (node.state === null) return;
    const { state, effects } = stepMembership(node.state, event, this.#now);
    node.state = state;
    for (const effect of effects) this.#act(node, effect);
  }

  #act(node: SimulatedNode, effect: MembershipEffect): void {
    switch (effect.kind) {
      case 'dial':
        return this.#dial(node, this.#nodes.find(({ id }) => id === effect.id)!);
      case 'close': {
        const link = this.#links[effect.link]!;
        if (link.open) this.#cut(link, node, false);
        return;
      }
      case 'beat': {
        const link = this.#links[effect.link]!;
        const other = link.ends[0] === node ? link.ends[1] : link.ends[0];
        if (link.open && other.group === node.group) this.#over(link, other, { kind: 'heard', id: node.id, link: link.number });
        return;
      }
      default:
        takeNews(node, effect);
    }
  }

  #dial(node: SimulatedNode, other: SimulatedNode): void {
    if (other.state === null || other.group !== node.group || other.frozenUntil > this.#now) {
      const failures = [{ address: other.id, outcome: 'timeout' as const }];
      return this.#arrive(this.#soon(), node, { kind: 'dialFailed', id: other.id, failures });
    }
    const link: SimulatedLink = { number: this.#links.length, ends: [node, other], lastAt: [0, 0], open: true };
    this.#links.push(link);
    this.#over(link, node, { kind: 'linkUp', id: other.id, link: link.number, boot: `${other.boot}`, dialledBy: 'us', address: other.id });
    this.#over(link, other, { kind: 'linkUp', id: node.id, link: link.number, boot: `${node.boot}`, dialledBy: 'them', address: node.id });
  }

  #over(link: SimulatedLink, to: SimulatedNode, event: MembershipEvent): void {
    const end = link.ends[0] === to ? 0 : 1;
    link.lastAt[end] = Math.max(this.#soon(), link.lastAt[end]);
    this.#arrive(link.lastAt[end], to, event);
  }

  #soon(): number {
    return this.#now + stepMs + this.#upTo(3) * stepMs;
  }

  #arrive(at: number, node: SimulatedNode, event: MembershipEvent): void {
    const slot = Math.ceil(at / stepMs) * stepMs;
    const arrivals = this.#arrivals.get(slot);
    if (arrivals === undefined) this.#arrivals.set(slot, [{ node, boot: node.boot, event }]);
    else arrivals.push({ node, boot: node.boot, event });
  }

  #upTo(limit: number): number {
    this.#random = Math.imul(this.#random, 1_664_525) + 1_013_904_223 >>> 0;
    return Math.floor(this.#random / 2 ** 32 * limit);
  }
}
