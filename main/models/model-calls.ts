import type { BridgeHandlers } from '../bridge-handlers.js';
import type { ModelShelf } from './model-shelf.js';

type ModelCallName =
  | 'models' | 'previewModel' | 'pullModel' | 'pauseModel' | 'verifyModel' | 'removeModel' | 'linkModel';

export interface ModelActs {
  /** Lets the person pick a folder or a file; null if they thought better of it. */
  askForModel: () => Promise<string | null>;
  /** Leads the home with the model at this path from now on; with null, with the one that comes with Hearth. */
  use: (path: string | null) => Promise<unknown>;
}

/** What main does for the models page. */
export function modelCalls(shelf: ModelShelf, { askForModel, use }: ModelActs): Pick<BridgeHandlers, ModelCallName> {
  const pull = async (id: string, wanted: boolean): Promise<void> => {
    const path = await shelf.pull(id);
    if (path !== null && wanted) await use(path);
  };
  return {
    models: (payload) => shelf.rows(payload?.memoryBytes ?? null),
    previewModel: ({ id }) => shelf.preview(id),
    // Long work goes on by itself: how it stands is told by the rows.
    pullModel: ({ id, use: wanted }) => (void pull(id, wanted), null),
    pauseModel: ({ id }) => (shelf.pause(id), null),
    verifyModel: ({ id }) => (void shelf.verify(id), null),
    removeModel: async (row) => {
      const { wasInUse } = await shelf.remove(row);
      if (wasInUse) await use(null);
      return null;
    },
    linkModel: async ({ path }) => {
      const chosen = path ?? (await askForModel());
      if (chosen !== null) await shelf.link(chosen);
      return chosen;
    },
  };
}
