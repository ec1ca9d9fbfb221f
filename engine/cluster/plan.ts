import type { WindowChoice } from '../memory/window-choice.js';
import type { Saying } from '../saying.js';
import { partition } from '../slices/partition.js';
import type { Share } from '../slices/block.js';
import type { Capacity } from './capacity.js';
import { refuseTooLarge } from './plan-refusal.js';
import { explainPlan, type LeftOut } from './plan-words.js';
import { memoryOf, type PlannedModel } from './share-cost.js';
import { parts, ShareTables, type ShareTable } from './share-table.js';

/** A link between the master and a helper, as measured. */
export interface LinkQuality {
  /** There and back, small message. Seconds. */
  readonly roundTripSeconds: number;
  readonly bytesPerSecond: number;
}

/** A laptop that could take part. */
export interface Offer {
  readonly deviceId: string;
  /** For people. */
  readonly name: string;
  readonly capacity: Capacity;
  /** To the master; null for the master itself. */
  readonly link: LinkQuality | null;
}

export interface PlannedNode {
  readonly rank: number;
  readonly deviceId: string;
  readonly name: string;
  readonly share: Share;
  readonly window: WindowChoice;
  /** Peak memory of its process. */
  readonly predictedBytes: number;
  /** For one token. */
  readonly computeSeconds: number;
  readonly loadSeconds: number;
}

export interface ClusterPlan {
  /** In rank order, the master first. */
  readonly nodes: readonly PlannedNode[];
  /** For `partition`, one number per rank. */
  readonly ratio: readonly number[];
  /** At most, at the beginning of an answer. */
  readonly secondsPerToken: number;
  /** Part of it that goes into sums over the network. */
  readonly networkSeconds: number;
  readonly leftOut: readonly LeftOut[];
  /** Why it is so and not otherwise, sentence by sentence. */
  readonly why: readonly Saying[];
}

/** An offer with what shares of this model would cost it. */
export interface Candidate {
  readonly offer: Offer;
  readonly table: ShareTable;
}

/** One way to give the model out. */
export interface Division {
  readonly members: readonly Candidate[];
  /** Parts of each member. */
  readonly counts: readonly number[];
  readonly seconds: number;
  readonly networkSeconds: number;
}

/** With up to this many helpers every group of them is tried. */
const helpersForAllGroups = 6;

/**
 * Who takes part, with how much, and what that will cost: the division in which a token takes least time, its slowest node
 * counting, that no node's memory is too small for. The master always takes part, if only with the output head. Pure; the
 * same for the same offers; and since the groups that are tried do not depend on memory, more memory never makes a token
 * slower.
 *
 * @param offers the master first.
 * @throws ModelDoesNotFitError with what is missing.
 */
export function planCluster(model: PlannedModel, offers: readonly Offer[]): ClusterPlan {
  const [master, ...helpers] = offers;
  if (master === undefined) throw new RangeError('a plan needs a master');
  const tables = new ShareTables(model);
  const candidates = [master, ...helpers.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1))].map((offer, index) => (
    { offer, table: tables.tableOf(offer.capacity, index === 0) }
  ));
  const best = bestDivision(model, candidates);
  if (best === null) return refuseTooLarge(model, candidates, tables);
  const taking = best.members.map((member, index) => ({ member, count: best.counts[index]! }))
    .filter(({ count }, index) => index === 0 || count > 0);
  const ratio = taking.map(({ count }) => count);
  const shares = partition(model.config, ratio, { quantised: model.quantised });
  const nodes = taking.map(({ member, count }, rank) => plannedNode(model, member, count, shares[rank]!));
  const absent = candidates.filter(({ offer }) => !nodes.some(({ deviceId }) => deviceId === offer.deviceId));
  const leftOut = absent.map((candidate) => ({
    candidate, with: divide(model, [...taking.map(({ member }) => member), candidate]),
  }));
  const { seconds: secondsPerToken, networkSeconds } = best;
  return {
    nodes, ratio, secondsPerToken, networkSeconds,
    ...explainPlan(model, { nodes, taking, secondsPerToken, networkSeconds }, leftOut),
  };
}

function plannedNode(model: PlannedModel, { offer, table }: Candidate, count: number, share: Share): PlannedNode {
  const { held } = model;
  const memory = memoryOf(model.needsOf(share, share.rank === 0), held, offer.capacity);
  if (memory === null) throw new Error(`the share of ${offer.name} was found to fit and does not`);
  return {
    rank: share.rank,
    deviceId: offer.deviceId,
    name: offer.name,
    share,
    window: memory.allResident ? { kind: 'off' } : held ?? { kind: 'budget', bytes: offer.capacity.memoryBytes },
    predictedBytes: memory.predictedBytes,
    computeSeconds: table.computeSeconds[count]!,
    loadSeconds: table.loadSeconds[count]!,
  };
}

function bestDivision(model: PlannedModel, [master, ...helpers]: readonly Candidate[]): Division | null {
  let best: Division | null = null;
  for (const group of groupsOf(helpers)) {
    const division = divide(model, [master!, ...group]);
    // Of equals the first: groups come in order of size.
    if (division !== null && (best === null || division.seconds < best.seconds)) best = division;
  }
  return best;
}

/** Groups of helpers worth a try, the smallest first. None of this may look at memory. */
function groupsOf(helpers: readonly Candidate[]): Candidate[][] {
  const groups: Candidate[][] = [];
  if (helpers.length <= helpersForAllGroups) {
    for (let bits = 0; bits < 2 ** helpers.length; bits++) groups.push(helpers.filter((_, index) => (bits >> index) & 1));
  } else {
    const nearest = [...helpers].sort((a, b) => a.offer.link!.roundTripSeconds - b.offer.link!.roundTripSeconds);
    const fastest = [...helpers].sort((a, b) =>
      b.offer.capacity.productBytesPerSecond.f16 - a.offer.capacity.productBytesPerSecond.f16);
    const quickestDisk = [...helpers].sort((a, b) => b.offer.capacity.diskBytesPerSecond - a.offer.capacity.diskBytesPerSecond);
    for (const order of [nearest, fastest, quickestDisk]) {
      for (let size = 0; size <= order.length; size++) groups.push(order.slice(0, size));
    }
    for (const helper of helpers) groups.push(helpers.filter((other) => other !== helper));
  }
  return groups.sort((a, b) => a.length - b.length);
}

/**
 * Gives part after part to whoever would then be done first: for times that only rise with parts, no other way makes the
 * slowest faster. Null when their memory is too small together.
 */
function divide(model: PlannedModel, members: readonly Candidate[]): Division | null {
  if (members.some(({ table }, index) => index === 0 && table.most < 0)) return null;
  const networkSeconds = networkSecondsOf(model, members);
  const counts = members.map(() => 0);
  const seconds = ({ table }: Candidate, count: number): number =>
    Math.max(table.computeSeconds[count]! + networkSeconds, table.loadSeconds[count]!);
  for (let given = 0; given < parts; given++) {
    let next = -1;
    let least = Infinity;
    for (const [index, member] of members.entries()) {
      if (counts[index]! >= member.table.most) continue;
      const then = seconds(member, counts[index]! + 1);
      if (then < least) [next, least] = [index, then];
    }
    if (next === -1) return null;
    counts[next]! += 1;
  }
  const slowest = Math.max(...members.map((member, index) => seconds(member, counts[index]!)));
  return { members, counts, seconds: slowest, networkSeconds };
}

/**
 * Seconds per token of the star: two sums per layer and the first broadcast, each as slow as the farthest helper, and
 * everybody's values through the master's one link.
 */
function networkSecondsOf({ config }: PlannedModel, [, ...helpers]: readonly Candidate[]): number {
  const values = 2 * config.dim * 4;
  let farthest = 0;
  let transfer = 0;
  for (const { offer: { link } } of helpers) {
    farthest = Math.max(farthest, link?.roundTripSeconds ?? 0);
    transfer += link === null ? 0 : values / link.bytesPerSecond;
  }
  return (2 * config.nLayers + 1) * (farthest + transfer);
}
