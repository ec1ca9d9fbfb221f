import { electionStatus, startElection, stepElection, type ElectionEvent, type Remembered } from '../../../engine/cluster/election.js';
import type { ElectionRules } from '../../../engine/cluster/election-rules.js';
import { noPin, sameClaim, termOf, type ElectionState, type Merits, type Standing } from '../../../engine/cluster/election-standing.js';

/** One thing that befalls the laptops of a home. Node numbers are taken modulo the number of nodes. */
export type Happening =
  | { kind: 'start'; node: number }
  | { kind: 'crash'; node: number }
  | { kind: 'leave'; node: number }
  | { kind: 'split'; groups: readonly number[] }
  | { kind: 'heal' }
  | { kind: 'pin'; node: number; target: number | null }
  | { kind: 'merits'; node: number; merits: Merits }
  | { kind: 'busy'; node: number; busy: boolean };

export interface History {
  nodes: number;
  seed: number;
  merits: readonly Merits[];
  happenings: readonly { afterMs: number; what: Happening }[];
}

interface SimulatedNode {
  readonly id: string;
  state: ElectionState | null;
  boots: number;
  group: number;
  merits: Merits;
  disk: Remembered;
}

const tickMs = 500;
/** A cut or a dead peer is noticed within five seconds, a live one much sooner. */
const noticeLossMs = 5_000;
const noticePeerMs = 400;

/** A broken promise, with what the nodes were at that moment. */
export class BrokenPromise extends Error {}

/**
 * Laptops, links and clocks without any: time passes from event to event. Messages are delayed, doubled, overtaken and
 * lost; each side of a link notices its rise and fall at a time of its own; a crash forgets all but what was remembered.
 * Throws {@link BrokenPromise} at the first moment two masters that see each other both accept work, or a node turns to a
 * second claim in one term or to a lower term.
 */
export class ElectionWorld {
  readonly nodes: SimulatedNode[];
  #now = 0;
  #order = 0;
  #random: number;
  readonly #queue: { at: number; order: number; act: () => void }[] = [];

  constructor(private readonly history: History, private readonly rules: ElectionRules) {
    this.#random = history.seed | 1;
    this.nodes = Array.from({ length: history.nodes }, (_, index) => ({
      id: `node-${index}`, state: null, boots: 0, group: 0, merits: history.merits[index]!, disk: { promised: null, pin: noPin },
    }));
    for (const node of this.nodes) this.#tick(node);
  }

  /** Lets the whole history happen, then `quietMs` in which nothing does. */
  run(quietMs: number): void {
    let at = 0;
    for (const { afterMs, what } of this.history.happenings) {
      at += afterMs;
      this.#at(at, () => this.#happen(what));
    }
    const end = at + quietMs;
    while (this.#queue.length > 0 && this.#queue[0]!.at <= end) {
      const next = this.#pop();
      this.#now = next.at;
      next.act();
    }
  }

  /** Live nodes that can reach each other. */
  groups(): SimulatedNode[][] {
    const groups = new Map<number, SimulatedNode[]>();
    for (const node of this.nodes) {
      if (node.state !== null) groups.set(node.group, [...(groups.get(node.group) ?? []), node]);
    }
    return [...groups.values()];
  }

  status(node: SimulatedNode) {
    return electionStatus(node.state!, this.rules);
  }

  #happen(what: Happening): void {
    if (what.kind === 'split' || what.kind === 'heal') {
      for (const [index, node] of this.nodes.entries()) node.group = what.kind === 'heal' ? 0 : what.groups[index] ?? 0;
      return this.#everybodyLooks();
    }
    const node = this.nodes[what.node % this.nodes.length]!;
    if (what.kind === 'start') return this.#start(node);
    if (node.state === null) return;
    if (what.kind === 'crash' || what.kind === 'leave') {
      node.state = null;
      return this.#everybodyLooks(what.kind === 'leave' ? 50 : noticeLossMs);
    }
    if (what.kind === 'pin') {
      const deviceId = what.target === null ? null : this.nodes[what.target % this.nodes.length]!.id;
      return this.#step(node, { kind: 'pin', deviceId });
    }
    if (what.kind === 'merits') node.merits = what.merits;
    this.#step(node, what);
  }

  #start(node: SimulatedNode): void {
    if (node.state !== null) return;
    node.boots += 1;
    node.state = startElection(node.id, `boot-${node.boots}`, node.merits, this.#now, node.disk);
    this.#everybodyLooks();
  }

  /** Each node will notice, at a time of its own, who is there now. */
  #everybodyLooks(lossMs = noticeLossMs): void {
    for (const a of this.nodes) {
      for (const b of this.nodes) {
        if (a === b) continue;
        this.#in(this.#upTo(this.#connected(a, b) ? noticePeerMs : lossMs), () => this.#look(a, b));
      }
    }
  }

  #look(a: SimulatedNode, b: SimulatedNode): void {
    if (a.state === null) return;
    const seen = a.state.peers.get(b.id)?.boot;
    const there = this.#connected(a, b) ? b.state!.own.boot : undefined;
    if (seen === there) return;
    if (seen !== undefined) this.#step(a, { kind: 'vanished', id: b.id });
    if (there !== undefined) this.#step(a, { kind: 'appeared', id: b.id, boot: there });
  }

  #connected(a: SimulatedNode, b: SimulatedNode): boolean {
    return a.state !== null && b.state !== null && a.group === b.group;
  }

  #step(node: SimulatedNode, event: ElectionEvent): void {
    const { state, effects } = stepElection(node.state!, event, this.#now, this.rules);
    const turned = !sameClaim(state.own.promised, node.disk.promised) && termOf(state.own) <= termOf(node.disk);
    if (turned) throw new BrokenPromise(`the term of ${node.id} did not rise: ${this.#picture()}`);
    node.state = state;
    for (const effect of effects) {
      if (effect.kind === 'remember') node.disk = effect.remembered;
      else this.#send(node, this.nodes.find(({ id }) => id === effect.to)!, effect.standing);
    }
    this.#checkMasters(node);
  }

  #send(from: SimulatedNode, to: SimulatedNode, standing: Standing): void {
    const copies = this.#upTo(100) < 10 ? 2 : this.#upTo(100) < 3 ? 0 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#in(this.#upTo(100) < 5 ? this.#upTo(2_000) : this.#upTo(60), () => {
        if (to.state !== null && from.group === to.group) this.#step(to, { kind: 'heard', standing });
      });
    }
  }

  #checkMasters(node: SimulatedNode): void {
    if (!this.status(node).accepting) return;
    for (const other of this.nodes) {
      if (other === node || other.state === null) continue;
      const mutual = node.state!.peers.get(other.id)?.boot === other.state.own.boot
        && other.state.peers.get(node.id)?.boot === node.state!.own.boot;
      if (mutual && this.status(other).accepting) {
        throw new BrokenPromise(`${node.id} and ${other.id} see each other and both accept work: ${this.#picture()}`);
      }
    }
  }

  #picture(): string {
    return JSON.stringify({ now: this.#now, nodes: this.nodes.map(({ state }) => state?.own ?? null) });
  }

  #tick(node: SimulatedNode): void {
    this.#in(tickMs - 50 + this.#upTo(100), () => {
      if (node.state !== null) this.#step(node, { kind: 'tick' });
      this.#tick(node);
    });
  }

  #in(ms: number, act: () => void): void {
    this.#at(this.#now + ms, act);
  }

  /** A binary heap by time; equal times in the order they were asked for. */
  #at(at: number, act: () => void): void {
    const queue = this.#queue;
    const entry = { at, order: this.#order++, act };
    let index = queue.length;
    queue.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!earlier(entry, queue[above]!)) break;
      queue[index] = queue[above]!;
      index = above;
    }
    queue[index] = entry;
  }

  #pop(): { at: number; act: () => void } {
    const queue = this.#queue;
    const first = queue[0]!;
    const last = queue.pop()!;
    if (queue.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && earlier(queue[child + 1]!, queue[child]!)) child += 1;
      if (!earlier(queue[child]!, last)) break;
      queue[index] = queue[child]!;
      index = child;
    }
    queue[index] = last;
    return first;
  }

  /** A whole number of 0 … below `limit`. */
  #upTo(limit: number): number {
    this.#random ^= this.#random << 13;
    this.#random ^= this.#random >>> 17;
    this.#random ^= this.#random << 5;
    return (this.#random >>> 0) % limit;
  }
}

function earlier(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
