import { formatBytes } from '../report/readable-amounts.js';
import type { Candidate, Division, PlannedNode } from './plan.js';
import type { PlannedModel } from './share-cost.js';
import { parts } from './share-table.js';

/** A laptop that is here and takes no part. */
export interface LeftOut {
  readonly deviceId: string;
  readonly name: string;
  readonly why: string;
}

interface Chosen {
  readonly nodes: readonly PlannedNode[];
  readonly taking: readonly { readonly member: Candidate; readonly count: number }[];
  readonly secondsPerToken: number;
  readonly networkSeconds: number;
}

/** Why the model is given out like this and not otherwise, for a person. */
export function explainPlan(
  model: PlannedModel, chosen: Chosen, absent: readonly { candidate: Candidate; with: Division | null }[],
): { why: string; leftOut: LeftOut[] } {
  const leftOut = absent.map(({ candidate, with: division }) => ({
    deviceId: candidate.offer.deviceId, name: candidate.offer.name, why: whyLeftOut(model, chosen, candidate, division),
  }));
  const sentences = [whoTakesWhat(model, chosen), whereTimeGoes(model, chosen), ...whoIsFull(chosen), ...leftOut.map(({ why }) => why)];
  return { why: sentences.join(' '), leftOut };
}

function whoTakesWhat({ name }: PlannedModel, { taking }: Chosen): string {
  const [first] = taking;
  if (taking.length === 1) return `${first?.member.offer.name ?? 'The master'} runs ${name} alone.`;
  const shares = taking.map(({ member, count }) => `${member.offer.name} ${Math.round((100 * count) / parts)}%`);
  return `${name} is split ${shares.join(', ')}, so that all are done with their part at about the same time.`;
}

function whereTimeGoes({ held }: PlannedModel, { nodes, secondsPerToken, networkSeconds }: Chosen): string {
  const slowest = nodes.reduce((a, b) => (secondsOf(b, networkSeconds) > secondsOf(a, networkSeconds) ? b : a));
  const time = `A token takes about ${formatSeconds(secondsPerToken)}`;
  if (slowest.loadSeconds > slowest.computeSeconds + networkSeconds) {
    const which = held === null ? 'that its memory cannot keep' : 'that pass through its memory window';
    return `${time}, which is how long the disk of ${slowest.name} needs for the weights ${which}.`;
  }
  const arithmetic = `${formatSeconds(slowest.computeSeconds)} of arithmetic`;
  return networkSeconds === 0 ? `${time}, all of it arithmetic.`
    : `${time}: ${arithmetic} and ${formatSeconds(networkSeconds)} on the network.`;
}

/** Whoever would take more if it had the memory. */
function whoIsFull({ taking }: Chosen): string[] {
  return taking.filter(({ member, count }) => count === member.table.most && count < parts).map(({ member: { offer } }) =>
    `${offer.name} takes no more than fits the ${formatBytes(offer.capacity.memoryBytes)} that it offers.`);
}

function whyLeftOut(model: PlannedModel, chosen: Chosen, { offer, table }: Candidate, division: Division | null): string {
  const { name, capacity, link } = offer;
  if (table.most < 1) {
    return `${name} is left out: it offers ${formatBytes(capacity.memoryBytes)} and the smallest share needs `
      + `${formatBytes(table.memory[1]!)}.`;
  }
  const crossings = 2 * model.config.nLayers + 1;
  const helps = division !== null && division.counts.at(-1) !== 0;
  const then = division === null ? '' : `: with it a token would take ${formatSeconds(division.seconds)}`;
  if (link !== null && division !== null && division.networkSeconds > chosen.networkSeconds && helps) {
    return `${name} is left out${then}, since every token crosses its link ${crossings} times at `
      + `${formatSeconds(link.roundTripSeconds)} there and back.`;
  }
  return `${name} is left out: it is so slow that the smallest share would keep the others waiting.`;
}

function secondsOf({ computeSeconds, loadSeconds }: PlannedNode, networkSeconds: number): number {
  return Math.max(computeSeconds + networkSeconds, loadSeconds);
}

/** `0.4 ms`, `120 ms`, `3.2 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  return seconds >= 0.01 ? `${Math.round(seconds * 1000)} ms` : `${(seconds * 1000).toFixed(1)} ms`;
}
