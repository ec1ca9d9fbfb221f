import type { ClusterPlan } from '../cluster/plan.js';
import { sayingOf } from '../errors.js';
import type { HomeModelEvent } from '../home-model.js';
import type { NodeReport } from '../report/run-report.js';
import type { HomeModelStatus, HomeStatus } from '../wire/home-status.js';
import type { Transfer } from '../wire/transfer.js';

/** What is known of the home's model on the laptop that leads it. Plain data. */
export interface ModelFacts {
  readonly name: string;
  readonly phase: HomeModelStatus['phase'];
  readonly plan: ClusterPlan | null;
  readonly problem: HomeModelStatus['problem'];
  /** By device ID: how far its share is on its way, as long as it is. */
  readonly transfers: ReadonlyMap<string, Transfer>;
  /** Seconds per token of the last answer; null before there was one. */
  readonly measuredSeconds: number | null;
  /** By device ID: of one sum over all laptops, on average over the last answer. */
  readonly allReduceSeconds: ReadonlyMap<string, number>;
  /** By device ID: the peak of its process so far. */
  readonly measuredBytes: ReadonlyMap<string, number>;
  readonly queued: number;
}

export function factsOf(name: string): ModelFacts {
  return {
    name, phase: 'planning', plan: null, problem: null, transfers: new Map(), measuredSeconds: null,
    allReduceSeconds: new Map(), measuredBytes: new Map(), queued: 0,
  };
}

/** The facts after an event of the model. Pure. */
export function afterEvent(facts: ModelFacts, event: HomeModelEvent, answering: boolean): ModelFacts {
  switch (event.kind) {
    case 'planned':
      return { ...facts, plan: event.plan, phase: facts.phase === 'paused' ? 'paused' : 'loading', problem: null, transfers: new Map(), measuredBytes: new Map(), allReduceSeconds: new Map() };
    case 'transfer':
      return { ...facts, transfers: withTransfer(facts.transfers, event.deviceId, event.transfer) };
    case 'ready':
      return { ...facts, plan: event.plan, phase: answering ? facts.phase : 'ready', transfers: new Map(), problem: null };
    case 'paused':
      return { ...facts, phase: 'paused' };
    case 'resumed':
      return { ...facts, phase: 'answering', transfers: new Map() };
    case 'stopped':
      return failed(facts, event.error);
    case 'lost':
    case 'said':
      return facts;
  }
}

function withTransfer(transfers: ReadonlyMap<string, Transfer>, deviceId: string, transfer: Transfer): ReadonlyMap<string, Transfer> {
  const others = [...transfers].filter(([id]) => id !== deviceId);
  return new Map(transfer.doneBytes >= transfer.totalBytes ? others : [...others, [deviceId, transfer]]);
}

/** The facts once the model cannot be had. Pure. */
export function failed(facts: ModelFacts, error: unknown): ModelFacts {
  return { ...facts, phase: 'failed', transfers: new Map(), problem: sayingOf(error) };
}

/** What all screens of the home are told. Pure. */
export function statusOf(facts: ModelFacts | null): HomeStatus {
  if (facts === null) return { model: null, laptops: [] };
  const { name, phase, plan, problem, measuredSeconds, queued } = facts;
  return {
    model: {
      name: name.slice(0, 255), phase, problem, queued, why: [...(plan?.why ?? [])],
      secondsPerToken: { predicted: plan?.secondsPerToken ?? null, measured: measuredSeconds },
    },
    laptops: (plan?.nodes ?? []).map(({ deviceId, share, window, predictedBytes }) => ({
      deviceId, window, predictedBytes,
      share: { kvHeads: share.kvHeads, ffnColumns: share.ffnColumns },
      measuredBytes: facts.measuredBytes.get(deviceId) ?? null,
      allReduceSeconds: facts.allReduceSeconds.get(deviceId) ?? null,
      transfer: facts.transfers.get(deviceId) ?? null,
    })),
  };
}

/** All sums over all laptops that a node has taken part in since it loaded its slice. */
export type Sums = Pick<NodeReport, 'allreduces' | 'allreduce_ms'>;

/** Seconds of one sum, on average over those that came after `before`; null where there were none. Pure. */
export function secondsPerSum(before: Sums | undefined, now: Sums): number | null {
  // A node that loaded its slice anew begins to count anew.
  const since = before !== undefined && before.allreduces <= now.allreduces ? before : { allreduces: 0, allreduce_ms: 0 };
  const count = now.allreduces - since.allreduces;
  return count === 0 ? null : Math.max(0, now.allreduce_ms - since.allreduce_ms) / 1000 / count;
}
