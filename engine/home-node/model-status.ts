import type { ClusterPlan } from '../cluster/plan.js';
import { HearthError } from '../errors.js';
import type { HomeModelEvent } from '../home-model.js';
import type { HomeModelStatus, HomeStatus, PlacedLaptop } from '../wire/home-status.js';

/** What is known of the home's model on the laptop that leads it. Plain data. */
export interface ModelFacts {
  readonly name: string;
  readonly phase: HomeModelStatus['phase'];
  readonly plan: ClusterPlan | null;
  readonly problem: HomeModelStatus['problem'];
  readonly transfer: PlacedLaptop['transfer'];
  /** Seconds per token of the last answer; null before there was one. */
  readonly measuredSeconds: number | null;
  /** By device ID: the peak of its process so far. */
  readonly measuredBytes: ReadonlyMap<string, number>;
  readonly queued: number;
}

export function factsOf(name: string): ModelFacts {
  return {
    name, phase: 'planning', plan: null, problem: null, transfer: null, measuredSeconds: null, measuredBytes: new Map(), queued: 0,
  };
}

/** The facts after an event of the model. Pure. */
export function afterEvent(facts: ModelFacts, event: HomeModelEvent, answering: boolean): ModelFacts {
  switch (event.kind) {
    case 'planned':
      return { ...facts, plan: event.plan, phase: facts.phase === 'paused' ? 'paused' : 'loading', problem: null, measuredBytes: new Map() };
    case 'progress': {
      const { label, doneBytes, totalBytes } = event.progress;
      const done = doneBytes >= totalBytes;
      return { ...facts, transfer: done ? null : { label: label.slice(0, 255), doneBytes, totalBytes } };
    }
    case 'ready':
      return { ...facts, plan: event.plan, phase: answering ? facts.phase : 'ready', transfer: null, problem: null };
    case 'paused':
      return { ...facts, phase: 'paused' };
    case 'resumed':
      return { ...facts, phase: 'answering', transfer: null };
    case 'stopped':
      return failed(facts, event.error);
    case 'lost':
    case 'said':
      return facts;
  }
}

/** The facts once the model cannot be had. Pure. */
export function failed(facts: ModelFacts, error: unknown): ModelFacts {
  const sentence = error instanceof Error && error.message !== '' ? error.message : 'It failed for an unknown reason.';
  const code = error instanceof HearthError ? error.code : 'UNEXPECTED';
  return { ...facts, phase: 'failed', transfer: null, problem: { code, sentence: sentence.slice(0, 2000) } };
}

/** What all screens of the home are told. Pure. */
export function statusOf(facts: ModelFacts | null): HomeStatus {
  if (facts === null) return { model: null, laptops: [] };
  const { name, phase, plan, problem, measuredSeconds, queued } = facts;
  return {
    model: {
      name: name.slice(0, 255), phase, problem, queued, why: (plan?.why ?? '').slice(0, 8000),
      secondsPerToken: { predicted: plan?.secondsPerToken ?? null, measured: measuredSeconds },
    },
    laptops: (plan?.nodes ?? []).map(({ deviceId, share, window, predictedBytes, rank }) => ({
      deviceId, window, predictedBytes,
      share: { kvHeads: share.kvHeads, ffnColumns: share.ffnColumns },
      measuredBytes: facts.measuredBytes.get(deviceId) ?? null,
      // The label tells whose it is; the master's own screen has it in any case.
      transfer: rank === 0 ? facts.transfer : null,
    })),
  };
}
