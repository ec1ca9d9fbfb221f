import type { PlannedModel } from '../cluster/share-cost.js';
import { isQuantised } from '../formats/dtype.js';
import type { OpenedModel } from '../model/opened-model.js';
import { plannedNeeds } from '../shard/planned-needs.js';
import { dtypeOf, type SoloOptions } from '../shard/solo-settings.js';

/** A model as a plan looks at it. Pure. */
export function plannedModel(model: OpenedModel, load: SoloOptions): PlannedModel {
  const typeOf = dtypeOf(model, load.dtype);
  return {
    name: model.name,
    config: model.config,
    quantised: [...model.tensors.keys()].some((name) => name.includes('.layers.') && isQuantised(typeOf(name))),
    needsOf: plannedNeeds(model, { ...load, logitRows: load.logitRows ?? 1 }),
  };
}
