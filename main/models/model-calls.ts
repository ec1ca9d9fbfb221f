import type { BridgeHandlers } from '../bridge-handlers.js';
import type { ModelMoves } from './model-moves.js';
import type { ModelShelf } from './model-shelf.js';
import type { PendingPulls } from './pending-pulls.js';

export type ModelCalls = Pick<
  BridgeHandlers,
  | 'models' | 'downloads' | 'previewModel' | 'pullModel' | 'pauseModel' | 'verifyModel' | 'removeModel' | 'linkModel' | 'storage' | 'moveModels'
  | 'stopMove'
>;

export interface ModelParts {
  shelf: ModelShelf;
  pulls: PendingPulls;
  moves: ModelMoves;
  /** Lets the person pick a folder or a file; null if they thought better of it. */
  askForModel: () => Promise<string | null>;
  /** Leads the home with the model at this path from now on; with null, with the one that comes with Hearth. */
  use: (path: string | null) => Promise<unknown>;
  /** Lets long work go on by itself and tells the person if it fails. */
  beside: (work: Promise<unknown>) => void;
}

/** Failures that may pass by themselves: the download is tried again when the app starts the next time. */
const passing = new Set(['HUB_UNREACHABLE', 'DOWNLOAD_FAILED', 'DISK_FULL', 'PULL_IN_PROGRESS']);

/** What main does for the models page. */
export function modelCalls({ shelf, pulls, moves, askForModel, use, beside }: ModelParts): ModelCalls {
  return {
    models: (payload) => shelf.rows(payload?.memoryBytes ?? null),
    downloads: () => shelf.downloads(),
    previewModel: ({ id }) => shelf.preview(id),
    // How long work stands is told by the rows.
    pullModel: ({ id, use: wanted }) => (beside(pulls.begin(id, wanted).then(() => pullPending({ shelf, pulls, use }, id))), null),
    pauseModel: async ({ id }) => {
      await pulls.pause(id);
      shelf.pause(id);
      return null;
    },
    verifyModel: ({ id }) => (beside(shelf.verify(id)), null),
    removeModel: async (row) => {
      const { wasInUse } = await shelf.remove(row);
      await pulls.end(row.id);
      if (wasInUse) await use(null);
      return null;
    },
    linkModel: async ({ path }) => {
      const chosen = path ?? (await askForModel());
      if (chosen !== null) await shelf.link(chosen);
      return chosen;
    },
    storage: () => moves.view(),
    moveModels: () => (beside(moves.start()), null),
    stopMove: () => (beside(moves.cancel()), null),
  };
}

/** Goes on with every download that was under way when the app ended last. */
export async function resumePulls(parts: Pick<ModelParts, 'shelf' | 'pulls' | 'use'>): Promise<void> {
  const pending = await parts.pulls.goingOn();
  await Promise.all(pending.map(({ reference }) => pullPending(parts, reference)));
}

/** Fetches a model that is pending; once it is whole the home is led with it, if that was wished. */
async function pullPending({ shelf, pulls, use }: Pick<ModelParts, 'shelf' | 'pulls' | 'use'>, reference: string): Promise<void> {
  const { path, problem } = await shelf.pull(reference);
  if (path === null && (problem === null || passing.has(problem.code))) return;
  const ended = await pulls.end(reference);
  if (path !== null && ended?.use === true) await use(path);
}
