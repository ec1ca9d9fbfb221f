import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineState } from '../../main/bridge.js';
import type { MainBridge } from '../bridge-client.js';

export type EngineStore = StoreApi<{ engine: EngineState }>;

/** How the engine's process is. */
export function createEngineStore(bridge: MainBridge): EngineStore {
  const store = createStore<{ engine: EngineState }>()(() => ({ engine: { state: 'starting' } }));
  let heard = false;
  bridge.hear('engine', (engine) => {
    heard = true;
    store.setState({ engine });
  });
  // What was heard meanwhile is newer than the reply.
  void bridge.call('engineState', null).then((engine) => heard || store.setState({ engine }));
  return store;
}
