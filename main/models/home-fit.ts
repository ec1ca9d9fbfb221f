import { ModelDoesNotFitError } from '../../engine/cluster/plan-refusal.js';
import { planCluster, type Offer } from '../../engine/cluster/plan.js';
import type { HeldWeights } from '../../engine/memory/window-choice.js';
import { plannedModel, type SizedModel } from './sized-model.js';

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
  /** In plain words: who takes what, or what is missing. */
  why: string;
}

/**
 * Plans the model over the laptops that are there, exactly as the master would, and says what came out. Pure.
 *
 * @param offers the laptop that would be master first.
 */
export function fitsHome(
  model: SizedModel, offers: readonly Offer[], contextTokens: number, held: HeldWeights | null = null,
): HomeFit {
  try {
    const plan = planCluster(plannedModel(model, contextTokens, held), offers);
    return {
      fit: plan.nodes.every(({ window }) => window.kind === 'off') ? 'yes' : 'tight',
      secondsPerToken: plan.secondsPerToken,
      mostMemoryBytes: Math.max(...plan.nodes.map(({ predictedBytes }) => predictedBytes)),
      laptops: plan.nodes.length,
      why: plan.why,
    };
  } catch (error) {
    if (!(error instanceof ModelDoesNotFitError)) throw error;
    return { fit: 'no', secondsPerToken: null, mostMemoryBytes: null, laptops: 0, why: error.message };
  }
}
