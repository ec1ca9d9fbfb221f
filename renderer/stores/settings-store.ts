import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import type { MainBridge } from '../bridge-client.js';

export interface SettingsState {
  /** Null until main has told them. */
  settings: AppSettings | null;
  change: (changes: Partial<AppSettings>) => Promise<void>;
}

export type SettingsStore = StoreApi<SettingsState>;

/** What the person chose for the app. Main keeps it; every window hears of changes. */
export function createSettingsStore(bridge: MainBridge): SettingsStore {
  const store = createStore<SettingsState>()(() => ({
    settings: null,
    change: async (changes) => {
      store.setState({ settings: await bridge.call('changeSettings', changes) });
    },
  }));
  bridge.hear('settings', (settings) => store.setState({ settings }));
  void bridge.call('settings', null).then((settings) => store.setState({ settings }));
  return store;
}
