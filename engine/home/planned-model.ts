import type { PlannedModel } from '../cluster/share-cost.js';
import type { OpenedModel } from '../model/opened-model.js';
import { plannedNeeds } from '../shard/planned-needs.js';
import { hasQuantisedLayers, type SoloOptions } from '../shard/solo-settings.js';

/** A model as a plan looks at it. Pure. */
export function plannedModel(model: OpenedModel, load: SoloOptions): PlannedModel {
  return {
    name: model.name,
    config: model.config,
    quantised: hasQuantisedLayers(model, load.dtype),
    needsOf: plannedNeeds(model, { ...load, logitRows: load.logitRows ?? 1 }),
  };
}
