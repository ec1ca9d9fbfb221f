import type { PlannedModel } from '../cluster/share-cost.js';
import type { HeldWeights } from '../memory/window-choice.js';
import type { OpenedModel } from '../model/opened-model.js';
import { plannedNeeds } from '../shard/planned-needs.js';
import { hasQuantisedLayers, type SoloOptions } from '../shard/solo-settings.js';

/** A model as a plan looks at it; `held`: how all are to hold their weights, null as each one's memory allows. Pure. */
export function plannedModel(model: OpenedModel, load: SoloOptions, held: HeldWeights | null): PlannedModel {
  return {
    name: model.name,
    config: model.config,
    held,
    quantised: hasQuantisedLayers(model, load.dtype),
    needsOf: plannedNeeds(model, { ...load, logitRows: load.logitRows ?? 1 }),
  };
}
