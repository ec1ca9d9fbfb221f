import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Download, ModelPreviewView, ModelView, StorageStanding } from '../../main/bridge-shapes/models.js';
import type { MainBridge } from '../bridge-client.js';

export interface ModelsState {
  /** Null until main has told them. */
  rows: readonly ModelView[] | null;
  /** Where they lie besides the folder that they are fetched into; null until somebody looks. */
  storage: StorageStanding | null;
  /** What is being fetched. */
  downloads: readonly Download[];
  refresh: () => Promise<void>;
  preview: (id: string) => Promise<ModelPreviewView>;
  pull: (id: string) => Promise<void>;
  pause: (id: string) => Promise<void>;
  verify: (id: string) => Promise<void>;
  remove: (row: Pick<ModelView, 'id' | 'source'>) => Promise<void>;
  lookAtStorage: () => Promise<void>;
  /** Moves the models of former folders to the one of now. */
  moveAll: () => Promise<void>;
  stopMove: () => Promise<void>;
  /** With null the person picks one; gives its path, or null if nothing was picked. */
  link: (path: string | null) => Promise<string | null>;
}

export type ModelsStore = StoreApi<ModelsState>;

/** The models of this laptop and those worth fetching. `later` waits a moment, so that a burst of news is one question. */
export function createModelsStore(bridge: MainBridge, later: (work: () => void) => void): ModelsStore {
  let waiting = false;
  const refresh = async (): Promise<void> => {
    store.setState({ rows: await bridge.call('models', null) });
  };
  const lookAtStorage = async (): Promise<void> => {
    store.setState({ storage: await bridge.call('storage', null) });
  };
  const lookAtDownloads = async (): Promise<void> => {
    store.setState({ downloads: await bridge.call('downloads', null) });
  };
  const done = async (call: Promise<unknown>): Promise<void> => {
    await call;
  };
  const store = createStore<ModelsState>()(() => ({
    rows: null,
    storage: null,
    downloads: [],
    refresh,
    lookAtStorage,
    moveAll: () => done(bridge.call('moveModels', null)),
    stopMove: () => done(bridge.call('stopMove', null)),
    preview: (id) => bridge.call('previewModel', { id }),
    pull: (id) => done(bridge.call('pullModel', { id, use: false })),
    pause: (id) => done(bridge.call('pauseModel', { id })),
    verify: (id) => done(bridge.call('verifyModel', { id })),
    remove: ({ id, source }) =>
      source === 'suggested' || source === 'guide' ? Promise.resolve() : done(bridge.call('removeModel', { id, source })),
    link: (path) => bridge.call('linkModel', { path }),
  }));
  bridge.hear('models', () => {
    if (waiting) return;
    waiting = true;
    later(() => {
      waiting = false;
      // What nobody has looked at yet is asked for when somebody does.
      const { rows, storage } = store.getState();
      void lookAtDownloads().catch(() => undefined);
      if (rows !== null) void refresh().catch(() => undefined);
      if (storage !== null) void lookAtStorage().catch(() => undefined);
    });
  });
  void lookAtDownloads().catch(() => undefined);
  return store;
}
