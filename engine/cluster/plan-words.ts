import { formatBytes } from '../report/readable-amounts.js';
import { saying, type Saying } from '../saying.js';
import type { Candidate, Division, PlannedNode } from './plan.js';
import type { PlannedModel } from './share-cost.js';
import { parts } from './share-table.js';

/** A laptop that is here and takes no part. */
export interface LeftOut {
  readonly deviceId: string;
  readonly name: string;
  readonly why: Saying;
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
): { why: Saying[]; leftOut: LeftOut[] } {
  const leftOut = absent.map(({ candidate, with: division }) => ({
    deviceId: candidate.offer.deviceId, name: candidate.offer.name, why: whyLeftOut(model, chosen, candidate, division),
  }));
  const why = [whoTakesWhat(model, chosen), whereTimeGoes(model, chosen), ...whoIsFull(chosen), ...leftOut.map((one) => one.why)];
  return { why, leftOut };
}

function whoTakesWhat({ name: model }: PlannedModel, { taking }: Chosen): Saying {
  const [first] = taking;
  if (taking.length === 1) {
    const name = first?.member.offer.name ?? 'The master';
    return saying('PLAN_ALONE', `${name} runs ${model} alone.`, { name, model });
  }
  const shares = taking.map(({ member: { offer: { name } }, count }) => {
    const percent = Math.round((100 * count) / parts);
    return saying('PLAN_SHARE', `${name} ${percent}%`, { name, percent });
  });
  const list = shares.map(({ sentence }) => sentence).join(', ');
  return saying('PLAN_SPLIT', `${model} is shared out like this: ${list}. So all are done with their part at about the same time.`, { model, shares });
}

function whereTimeGoes({ held }: PlannedModel, { nodes, secondsPerToken, networkSeconds }: Chosen): Saying {
  const slowest = nodes.reduce((a, b) => (secondsOf(b, networkSeconds) > secondsOf(a, networkSeconds) ? b : a));
  const { name, computeSeconds, loadSeconds } = slowest;
  const opening = `A token takes about ${formatSeconds(secondsPerToken)}`;
  const time = { seconds: secondsPerToken };
  if (loadSeconds > computeSeconds + networkSeconds) {
    const disk = `${opening}, which is how long the disk of ${name} needs for the weights that`;
    return held === null ? saying('PLAN_TIME_DISK', `${disk} its memory cannot keep.`, { time, name })
      : saying('PLAN_TIME_WINDOW', `${disk} pass through its memory window.`, { time, name });
  }
  if (networkSeconds === 0) return saying('PLAN_TIME_ARITHMETIC', `${opening}, all of it arithmetic.`, { time });
  return saying(
    'PLAN_TIME_NETWORK', `${opening}: ${formatSeconds(computeSeconds)} of arithmetic and ${formatSeconds(networkSeconds)} on the network.`,
    { time, arithmetic: { seconds: computeSeconds }, network: { seconds: networkSeconds } },
  );
}

/** Whoever would take more if it had the memory. */
function whoIsFull({ taking }: Chosen): Saying[] {
  return taking.filter(({ member, count }) => count === member.table.most && count < parts)
    .map(({ member: { offer: { name, capacity: { memoryBytes } } } }) => saying(
      'PLAN_FULL', `${name} takes no more than fits the ${formatBytes(memoryBytes)} that it offers.`, { name, offered: { bytes: memoryBytes } },
    ));
}

function whyLeftOut(model: PlannedModel, chosen: Chosen, { offer, table }: Candidate, division: Division | null): Saying {
  const { name, capacity: { memoryBytes }, link } = offer;
  if (table.most < 1) {
    const needed = table.memory[1]!;
    return saying(
      'LEFT_OUT_SMALL',
      `${name} is left out: it offers ${formatBytes(memoryBytes)} and the smallest share needs ${formatBytes(needed)}.`,
      { name, offered: { bytes: memoryBytes }, needed: { bytes: needed } },
    );
  }
  const helps = division !== null && division.counts.at(-1) !== 0;
  if (link !== null && division !== null && division.networkSeconds > chosen.networkSeconds && helps) {
    const crossings = 2 * model.config.nLayers + 1;
    return saying(
      'LEFT_OUT_FAR',
      `${name} is left out: with it a token would take ${formatSeconds(division.seconds)}, since every token crosses its link `
        + `${crossings} times at ${formatSeconds(link.roundTripSeconds)} there and back.`,
      { name, time: { seconds: division.seconds }, crossings, roundTrip: { seconds: link.roundTripSeconds } },
    );
  }
  return saying(
    'LEFT_OUT_SLOW', `${name} is left out: it is so slow that the smallest share would keep the others waiting.`, { name },
  );
}

function secondsOf({ computeSeconds, loadSeconds }: PlannedNode, networkSeconds: number): number {
  return Math.max(computeSeconds + networkSeconds, loadSeconds);
}

/** `0.4 ms`, `120 ms`, `3.2 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(1)} s`;
  return seconds >= 0.01 ? `${Math.round(seconds * 1000)} ms` : `${(seconds * 1000).toFixed(1)} ms`;
}
