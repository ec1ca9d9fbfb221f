import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Saying } from '../../engine/saying.js';
import type { Forecast, MachineView, Wish } from '../../main/bridge-shapes/machine.js';
import { sayingIn, type MainBridge } from '../bridge-client.js';
import { LatestCall } from './latest-call.js';

export interface ForecastState {
  /** This laptop; null until main has told it. */
  machine: MachineView | null;
  /** What the planner said of the latest wish; null before it said anything, and where it cannot. */
  forecast: Forecast | null;
  /** A newer wish than the one shown is being worked out. */
  isAsking: boolean;
  /** Why there is no forecast. */
  problem: Saying | null;
  look: () => Promise<void>;
  wish: (wish: Wish) => void;
}

export type ForecastStore = StoreApi<ForecastState>;

/** What this laptop has, and what would come of other choices. `later` waits a moment, so that a slider asks now and then. */
export function createForecastStore(bridge: MainBridge, later: (work: () => void) => void): ForecastStore {
  const asked = new LatestCall<Wish, Forecast | null>(
    later,
    (wish) => bridge.call('forecast', wish),
    (forecast) => store.setState({ forecast, isAsking: false, problem: null }),
    (error) => store.setState({ forecast: null, isAsking: false, problem: sayingIn(error) }),
  );
  const store = createStore<ForecastState>()((set) => ({
    machine: null, forecast: null, isAsking: false, problem: null,
    look: async () => set({ machine: await bridge.call('machine', null) }),
    wish: (wish) => {
      set({ isAsking: true });
      asked.put(wish);
    },
  }));
  return store;
}
