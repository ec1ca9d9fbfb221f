import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ModelPreviewView, ModelView } from '../../main/bridge-shapes/models.js';
import type { MainBridge } from '../bridge-client.js';

export interface ModelsState {
  /** Null until main has told them. */
  rows: readonly ModelView[] | null;
  refresh: () => Promise<void>;
  preview: (id: string) => Promise<ModelPreviewView>;
  pull: (id: string) => Promise<void>;
  pause: (id: string) => Promise<void>;
  verify: (id: string) => Promise<void>;
  remove: (row: Pick<ModelView, 'id' | 'source'>) => Promise<void>;
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
  const done = async (call: Promise<unknown>): Promise<void> => {
    await call;
  };
  const store = createStore<ModelsState>()(() => ({
    rows: null,
    refresh,
    preview: (id) => bridge.call('previewModel', { id }),
    pull: (id) => done(bridge.call('pullModel', { id, use: false })),
    pause: (id) => done(bridge.call('pauseModel', { id })),
    verify: (id) => done(bridge.call('verifyModel', { id })),
    remove: ({ id, source }) =>
      source === 'suggested' || source === 'guide' ? Promise.resolve() : done(bridge.call('removeModel', { id, source })),
    link: (path) => bridge.call('linkModel', { path }),
  }));
  bridge.hear('models', () => {
    // Nobody has looked at them yet: they are asked for when somebody does.
    if (waiting || store.getState().rows === null) return;
    waiting = true;
    later(() => {
      waiting = false;
      void refresh().catch(() => undefined);
    });
  });
  return store;
}
