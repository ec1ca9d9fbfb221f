import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MachineView } from '../../main/bridge-shapes/machine.js';
import type { ModelView } from '../../main/bridge-shapes/models.js';
import type { SharingRules } from '../../main/bridge-shapes/settings.js';
import type { MainBridge } from '../bridge-client.js';
import { LatestCall } from './latest-call.js';

export interface FirstRunState {
  machine: MachineView | null;
  /** What the person wrote as this laptop's name; null: it keeps the one it has. */
  name: string | null;
  /** What the person wants to share; null: Hearth chooses. Bytes. */
  memoryBytes: number | null;
  /** Models to start with and whether each fits the home with that memory; null until they are known. */
  models: readonly ModelView[] | null;
  /** The model to start with, by its row's id; null: the one that is in use already. */
  model: string | null;
  isStarting: boolean;
  begin: () => Promise<void>;
  /** Asks again what fits: the home has changed. */
  look: () => void;
  setName: (name: string) => void;
  setMemory: (bytes: number) => void;
  choose: (model: string) => void;
  /** Keeps what was chosen; the first run is over. */
  start: (sharing: SharingRules) => Promise<void>;
}

export type FirstRunStore = StoreApi<FirstRunState>;

/** The few questions of the first run. All have an answer already: `start` alone is enough. `later` waits a moment. */
export function createFirstRunStore(
  bridge: MainBridge, later: (work: () => void) => void, failed: (error: unknown) => void,
): FirstRunStore {
  const store = createStore<FirstRunState>()(() => ({
    machine: null, name: null, memoryBytes: null, models: null, model: null, isStarting: false,
    begin, look, setName, setMemory, choose, start,
  }));
  const { getState: get, setState: set } = store;
  const fits = new LatestCall<number | null, readonly ModelView[]>(
    later,
    (memoryBytes) => bridge.call('models', memoryBytes === null ? null : { memoryBytes }),
    (models) => set({ models }),
    failed,
  );

  async function begin(): Promise<void> {
    look();
    set({ machine: await bridge.call('machine', null) });
  }

  function look(): void {
    fits.put(get().memoryBytes);
  }

  function setName(name: string): void {
    set({ name });
  }

  function setMemory(memoryBytes: number): void {
    set({ memoryBytes: Math.round(memoryBytes) });
    look();
  }

  function choose(model: string): void {
    set({ model });
  }

  async function start(sharing: SharingRules): Promise<void> {
    set({ isStarting: true });
    const { name, memoryBytes, models, model } = get();
    const row = models?.find(({ id }) => id === model) ?? null;
    try {
      await bridge.call('changeSettings', {
        welcomed: true, sharing: { ...sharing, memoryBytes },
        ...(row === null || row.path === null || row.inUse ? {} : { model: row.source === 'guide' ? null : row.path }),
      });
      // The home goes on starting meanwhile: what it takes of this is told where it belongs.
      if (name !== null && name.trim() !== '') bridge.call('homeCommand', { kind: 'rename', deviceId: null, name: name.trim().slice(0, 63) }).catch(failed);
      if (row !== null && row.path === null) bridge.call('pullModel', { id: row.id, use: true }).catch(failed);
    } finally {
      set({ isStarting: false });
    }
  }

  return store;
}

/** The largest model that would run from memory alone; the guide does not count. Pure. */
export function largestFitting(models: readonly ModelView[]): ModelView | null {
  const fitting = models.filter(({ fit, source }) => fit?.fit === 'yes' && source !== 'guide');
  return fitting.reduce<ModelView | null>((best, one) => (best === null || one.totalBytes > best.totalBytes ? one : best), null);
}
