import { createContext, use, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { MainBridge } from '../bridge-client.js';
import { createEngineStore, type EngineStore } from './engine-store.js';
import { createNoticeStore, type NoticeStore } from './notice-store.js';
import { createSettingsStore, type SettingsStore } from './settings-store.js';

/** The window's state, one store a subject. Each is made without React and tested so. */
export interface Stores {
  engine: EngineStore;
  notices: NoticeStore;
  settings: SettingsStore;
}

export function createStores(bridge: MainBridge): Stores {
  return { engine: createEngineStore(bridge), notices: createNoticeStore(), settings: createSettingsStore(bridge) };
}

const StoresContext = createContext<Stores | null>(null);

export function StoresProvider({ stores, children }: { stores: Stores; children: ReactNode }) {
  return <StoresContext value={stores}>{children}</StoresContext>;
}

export function useStores(): Stores {
  const stores = use(StoresContext);
  if (stores === null) throw new Error('The stores are read outside of StoresProvider.');
  return stores;
}

type StateOf<Name extends keyof Stores> = ReturnType<Stores[Name]['getState']>;

/** Reads a part of one store; the component is drawn again when that part changes. */
export function useStored<Name extends keyof Stores, Part>(name: Name, read: (state: StateOf<Name>) => Part): Part {
  const store = useStores()[name] as unknown as Parameters<typeof useStore>[0];
  return useStore(store, read as (state: unknown) => unknown) as Part;
}
