import { createContext, use, type ReactNode } from 'react';
import { useStore } from 'zustand';
import type { Saying } from '../../engine/saying.js';
import { sayingIn, type MainBridge } from '../bridge-client.js';
import { createChatStore, type ChatStore } from './chat-store.js';
import { createEngineStore, type EngineStore } from './engine-store.js';
import { createFirstRunStore, type FirstRunStore } from './first-run-store.js';
import { createForecastStore, type ForecastStore } from './forecast-store.js';
import { createHomeStore, type HomeStore } from './home-store.js';
import { createModelsStore, type ModelsStore } from './models-store.js';
import { createNoticeStore, type NoticeStore } from './notice-store.js';
import { createSettingsStore, type SettingsStore } from './settings-store.js';

/** The window's state, one store a subject, each made without React and tested so; and what needs none. */
export interface Stores {
  bridge: MainBridge;
  chat: ChatStore;
  engine: EngineStore;
  firstRun: FirstRunStore;
  forecast: ForecastStore;
  home: HomeStore;
  models: ModelsStore;
  notices: NoticeStore;
  settings: SettingsStore;
  /** Runs an action and shows its failure, if it fails, as a notice. */
  attempt: (work: Promise<unknown>) => void;
  openLink: (url: string) => void;
  copyText: (text: string) => Promise<void>;
}

export function createStores(bridge: MainBridge): Stores {
  const notices = createNoticeStore();
  const settings = createSettingsStore(bridge);
  const trouble = (said: Saying): void => notices.getState().show({ text: { said }, tone: 'bad', action: null });
  const failed = (error: unknown): void => trouble(sayingIn(error));
  bridge.hear('trouble', trouble);
  const attempt = (work: Promise<unknown>): void => void work.catch(failed);
  const chat = createChatStore(bridge, {
    newId: () => crypto.randomUUID(),
    now: () => Date.now(),
    sampling: async () => (settings.getState().settings ?? (await bridge.call('settings', null))).sampling,
    newSeed: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
    nextFrame: (work) => void requestAnimationFrame(work),
    failed,
  });
  attempt(chat.getState().load());
  /** So short that a forecast seems to follow the slider, so long that not every pixel asks. */
  const soon = (work: () => void): void => void setTimeout(work, 120);
  return {
    bridge, chat, engine: createEngineStore(bridge), home: createHomeStore(bridge, () => Date.now()),
    firstRun: createFirstRunStore(bridge, soon, failed), forecast: createForecastStore(bridge, soon),
    models: createModelsStore(bridge, (work) => void setTimeout(work, 300)), notices, settings, attempt,
    openLink: (url) => attempt(bridge.call('openLink', { url })),
    copyText: async (text) => {
      await bridge.call('copyText', { text }).catch(failed);
    },
  };
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

type StoreName = 'chat' | 'engine' | 'firstRun' | 'forecast' | 'home' | 'models' | 'notices' | 'settings';
type StateOf<Name extends StoreName> = ReturnType<Stores[Name]['getState']>;

/** Reads a part of one store; the component is drawn again when that part changes. */
export function useStored<Name extends StoreName, Part>(name: Name, read: (state: StateOf<Name>) => Part): Part {
  const store = useStores()[name] as unknown as Parameters<typeof useStore>[0];
  return useStore(store, read as (state: unknown) => unknown) as Part;
}
