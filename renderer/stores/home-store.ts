import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Saying } from '../../engine/saying.js';
import type { ApiView, HomeCommandCall, HomeView, PairingView } from '../../main/bridge-shapes/home.js';
import type { MainBridge } from '../bridge-client.js';
import { sampleOf, withSample, type HomeSample } from './home-history.js';

export interface HomeStoreState {
  /** Null until this laptop's part in its home has started. */
  home: HomeView | null;
  /** Why it has none; null while all is well. */
  problem: Saying | null;
  pairing: PairingView;
  api: ApiView | null;
  /** How the home worked so far, for the charts of the laptops page; oldest first. */
  history: readonly HomeSample[];
  command: (command: HomeCommandCall) => Promise<void>;
  newApiKey: (name: string) => Promise<string>;
  removeApiKey: (name: string) => Promise<void>;
}

export type HomeStore = StoreApi<HomeStoreState>;

/** How the home stands, and what the person does about it. */
export function createHomeStore(bridge: MainBridge, now: () => number): HomeStore {
  const store = createStore<HomeStoreState>()(() => ({
    home: null, problem: null, pairing: { step: 'closed' }, api: null, history: [],
    command: async (command) => {
      await bridge.call('homeCommand', command);
    },
    newApiKey: (name) => bridge.call('newApiKey', { name }),
    removeApiKey: async (name) => {
      await bridge.call('removeApiKey', { name });
    },
  }));
  const take = ({ state, problem }: { state: HomeView | null; problem: HomeStoreState['problem'] }): void =>
    store.setState(({ history }) => (
      { home: state, problem, history: state === null ? history : withSample(history, sampleOf(state, now())) }
    ));
  bridge.hear('home', take);
  bridge.hear('pairing', (pairing) => store.setState({ pairing }));
  bridge.hear('api', (api) => store.setState({ api }));
  void bridge.call('home', null).then(take);
  void bridge.call('pairing', null).then((pairing) => store.setState({ pairing }));
  void bridge.call('api', null).then((api) => store.setState({ api }));
  return store;
}
