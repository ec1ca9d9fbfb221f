import { ModelDoesNotFitError } from '../../engine/cluster/plan-refusal.js';
import { planCluster, type ClusterPlan, type Offer } from '../../engine/cluster/plan.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import { partition } from '../../engine/slices/partition.js';
import type { Forecast } from '../bridge-shapes/machine.js';
import { fitOf, fitOfRefusal } from './home-fit.js';

/**
 * Plans the model over the laptops that are there, exactly as the master would, and says what each would need. Pure.
 *
 * @param offers the laptop that leads first; at least one
 * @param self this laptop's device ID
 */
export function forecastHome(model: PlannedModel, offers: readonly Offer[], self: string): Forecast {
  const [first] = offers;
  const told = {
    model: model.name.slice(0, 255), mostBlocks: widestWindow(model),
    leader: first === undefined || first.deviceId === self ? null : first.name,
  };
  let plan: ClusterPlan;
  try {
    plan = planCluster(model, offers);
  } catch (error) {
    if (!(error instanceof ModelDoesNotFitError)) throw error;
    return { ...told, fit: fitOfRefusal(error), laptops: [] };
  }
  const laptops = plan.nodes.map(({ deviceId, name, predictedBytes }) => ({ name, isSelf: deviceId === self, bytes: predictedBytes }));
  return { ...told, fit: fitOf(plan), laptops };
}

/** From so many blocks on a window holds the whole model, whoever has how much of it. */
function widestWindow(model: PlannedModel): number {
  const [share] = partition(model.config, [1], { quantised: model.quantised });
  if (share === undefined) throw new Error('a partition over one node has one share');
  const bytes = model.needsOf(share, true).blocks.map((block) => block.bytes);
  const total = bytes.reduce((sum, one) => sum + one, 0);
  return Math.max(2, Math.ceil(total / Math.max(1, ...bytes)));
}
