import { join } from 'node:path';
import { modelsFolder } from '../../engine/catalogue/models-folder.js';
import type { BridgeHandlers } from '../bridge-handlers.js';
import { sayingOf } from '../../engine/errors.js';
import type { Saying } from '../../engine/saying.js';
import type { HomeMemory } from '../home/home-view.js';
import type { SettingsFile } from '../settings-file.js';
import { LinkedModels } from './linked-models.js';
import { modelCalls, resumePulls, type ModelCalls } from './model-calls.js';
import { ModelMoves } from './model-moves.js';
import { ModelPlaces } from './model-places.js';
import { ModelPlans } from './model-plans.js';
import { ModelShelf } from './model-shelf.js';
import { PendingPulls } from './pending-pulls.js';

export interface AppModelsParts {
  /** The app's data folder. */
  data: string;
  settings: SettingsFile;
  memory: HomeMemory;
  /** The model that comes with Hearth. */
  guide: string | null;
  /** Path or name of the model that this laptop leads its home with. */
  inUse: () => string | null;
  askForModel: () => Promise<string | null>;
  onChange: () => void;
  trouble: (said: Saying) => void;
}

/** The models of the app: where they lie, what is fetched, what the window may ask of them. */
export interface AppModels {
  plans: ModelPlans;
  calls: ModelCalls & Pick<BridgeHandlers, 'changeSettings'>;
  /** Folder that models are fetched into. */
  folder: () => string;
  /** Goes on with what was under way when the app ended. */
  resume: () => void;
}

export function appModels({ data, settings, memory, guide, inUse, askForModel, onChange, trouble }: AppModelsParts): AppModels {
  const beside = (work: Promise<unknown>): void => void work.catch((error: unknown) => trouble(sayingOf(error)));
  const plans = new ModelPlans();
  const places = new ModelPlaces(join(data, 'model-places.json'), () => settings.settings.modelsFolder ?? modelsFolder());
  const shelf = new ModelShelf({
    linked: new LinkedModels(join(data, 'linked-models.json')),
    plans, places, guide, inUse, onChange, env: process.env,
    offers: (ownBytes) => memory.offers(ownBytes),
    contextTokens: () => settings.settings.contextTokens,
  });
  const fetching = { shelf, pulls: new PendingPulls(join(data, 'pulls.json')), use: (model: string | null) => settings.change({ model }) };
  const moves = new ModelMoves({
    places, onChange,
    pause: () => shelf.close(),
    goOn: () => beside(resumePulls(fetching)),
    moved: async (before, now) => {
      plans.forget(before);
      if (settings.settings.model === before) await settings.change({ model: now });
    },
  });
  return {
    plans,
    folder: () => places.folder,
    calls: {
      ...modelCalls({ ...fetching, moves, beside, askForModel }),
      changeSettings: async (changes) => {
        if (changes.modelsFolder !== undefined) await places.leave();
        return settings.change(changes);
      },
    },
    resume: () => beside(moves.resume().then((moving) => (moving ? undefined : resumePulls(fetching)))),
  };
}
