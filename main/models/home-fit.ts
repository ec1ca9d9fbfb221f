import { ModelDoesNotFitError } from '../../engine/cluster/plan-refusal.js';
import { planCluster, type ClusterPlan, type Offer } from '../../engine/cluster/plan.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import type { Saying } from '../../engine/saying.js';

/** Whether a model fits a home, as a person wants to know it before fetching it. */
export interface HomeFit {
  /**
   * `yes`: all its weights stay in the laptops' memory. `tight`: it runs, but some laptop reads weights from its disk for
   * every token. `no`: not even with the smallest memory windows.
   */
  fit: 'yes' | 'tight' | 'no';
  /** At the beginning of an answer; null where it does not fit. */
  secondsPerToken: number | null;
  /** Of the laptop that needs most; null where it does not fit. Bytes. */
  mostMemoryBytes: number | null;
  /** How many laptops would take part. */
  laptops: number;
  /** Who takes what, or what is missing. */
  why: readonly Saying[];
}

/**
 * Plans the model over the laptops that are there, exactly as the master would, and says what came out. Pure.
 *
 * @param offers the laptop that would be master first.
 */
export function fitsHome(model: PlannedModel, offers: readonly Offer[]): HomeFit {
  try {
    return fitOf(planCluster(model, offers));
  } catch (error) {
    if (!(error instanceof ModelDoesNotFitError)) throw error;
    return fitOfRefusal(error);
  }
}

/** What a plan means for a person. Pure. */
export function fitOf({ nodes, secondsPerToken, why }: ClusterPlan): HomeFit {
  return {
    fit: nodes.every(({ window }) => window.kind === 'off') ? 'yes' : 'tight',
    secondsPerToken, why,
    mostMemoryBytes: Math.max(...nodes.map(({ predictedBytes }) => predictedBytes)),
    laptops: nodes.length,
  };
}

/** What it means that there is no plan. Pure. */
export function fitOfRefusal({ because }: ModelDoesNotFitError): HomeFit {
  return { fit: 'no', secondsPerToken: null, mostMemoryBytes: null, laptops: 0, why: [because] };
}
