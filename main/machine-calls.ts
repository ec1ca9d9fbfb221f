import { cpus, totalmem } from 'node:os';
import { defaultDeviceName } from '../engine/cluster/device-name.js';
import type { BridgeHandlers } from './bridge-handlers.js';
import type { MachineView } from './bridge-shapes/machine.js';
import { heldBy, type HomeMemory } from './home/home-view.js';
import { forecastHome } from './models/home-forecast.js';
import type { ModelPlans } from './models/model-plans.js';

export interface MachineParts {
  memory: HomeMemory;
  plans: ModelPlans;
  /** Path or name of the model that this laptop leads its home with; null where it has none. */
  model: () => string | null;
  /** What changes with settings and packages. */
  places: () => Pick<MachineView, 'modelsFolder' | 'chatsFolder' | 'updates'>;
  askForFolder: () => Promise<string | null>;
}

/** What main does for those pages where this laptop's memory and disk are given out. */
export function machineCalls(
  { memory, plans, model, places, askForFolder }: MachineParts,
): Pick<BridgeHandlers, 'machine' | 'forecast' | 'chooseModelsFolder'> {
  return {
    machine: () => ({ name: defaultDeviceName(), memoryBytes: totalmem(), cores: Math.max(1, cpus().length), ...places() }),
    forecast: async ({ memoryWindow, memoryBytes, contextTokens }) => {
      const self = memory.state?.self;
      const offers = memory.offers(memoryBytes);
      const path = model();
      if (self === undefined || offers.length === 0 || path === null) return null;
      const planned = plans.ofOpened(await plans.opened(path), contextTokens, heldBy(memoryWindow));
      return forecastHome(planned, offers, self);
    },
    chooseModelsFolder: askForFolder,
  };
}
