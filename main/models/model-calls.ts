import type { BridgeHandlers } from '../bridge-handlers.js';
import type { ModelShelf } from './model-shelf.js';

type ModelCallName =
  | 'models' | 'previewModel' | 'pullModel' | 'pauseModel' | 'verifyModel' | 'removeModel' | 'linkModel';

/** What main does for the models page. `askForModel` lets the person pick a folder or a file; null if they thought better of it. */
export function modelCalls(shelf: ModelShelf, askForModel: () => Promise<string | null>): Pick<BridgeHandlers, ModelCallName> {
  return {
    models: () => shelf.rows(),
    previewModel: ({ id }) => shelf.preview(id),
    // Long work goes on by itself: how it stands is told by the rows.
    pullModel: ({ id }) => (void shelf.pull(id), null),
    pauseModel: ({ id }) => (shelf.pause(id), null),
    verifyModel: ({ id }) => (void shelf.verify(id), null),
    removeModel: async (row) => {
      await shelf.remove(row);
      return null;
    },
    linkModel: async ({ path }) => {
      const chosen = path ?? (await askForModel());
      if (chosen !== null) await shelf.link(chosen);
      return chosen;
    },
  };
}
