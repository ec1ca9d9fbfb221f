import type { HomeState } from '../../engine/cluster/home-state.js';
import type { Offer } from '../../engine/cluster/plan.js';
import type { HeldWeights } from '../../engine/memory/window-choice.js';
import type { Saying } from '../../engine/saying.js';
import type { ApiView, HomeView, PairingView } from '../bridge-shapes/home.js';
import type { AppSettings, MemoryWindow } from '../bridge-shapes/settings.js';
import type { HomeNews, HomeSettings } from './home-messages.js';

/** What the app last heard of its home, for windows that open later and for what depends on it. */
export class HomeMemory {
  state: HomeState | null = null;
  pairing: PairingView = { step: 'closed' };
  api: ApiView = { state: { kind: 'off' }, keys: [] };
  problem: Saying | null = null;

  hear(news: Exclude<HomeNews, { kind: 'pauseWanted' }>): void {
    if (news.kind === 'home') this.state = news.state;
    else if (news.kind === 'pairing') this.pairing = news.step;
    else if (news.kind === 'api') this.api = { state: news.state, keys: [...news.keys] };
    else this.problem = news.problem;
  }

  /** As the bridge wants it; it leaves out what no page shows. */
  get view(): HomeView | null {
    return this.state as HomeView | null;
  }

  /**
   * Who would take part in a model that is chosen now: whoever leads first, then all others that are there.
   *
   * @param ownBytes what this laptop would offer, where that is not what it offers now
   */
  offers(ownBytes: number | null = null): Offer[] {
    const { state } = this;
    if (state === null) return [];
    const first = state.master ?? state.self;
    const present = state.laptops.filter(({ present: here, paused }) => here && !paused);
    const ordered = [...present.filter((laptop) => laptop.deviceId === first), ...present.filter((laptop) => laptop.deviceId !== first)];
    return ordered.flatMap(({ deviceId, name, capacity: offered, roundTripMs, bytesPerSecond }, index): Offer[] => {
      if (offered === null) return [];
      const capacity = ownBytes === null || deviceId !== state.self ? offered : { ...offered, memoryBytes: ownBytes };
      const measured = roundTripMs !== null && bytesPerSecond !== null;
      const link = index === 0 ? null
        : measured ? { roundTripSeconds: roundTripMs / 1000, bytesPerSecond } : { roundTripSeconds: 0.003, bytesPerSecond: 40e6 };
      return [{ deviceId, name, capacity, link }];
    });
  }
}

/** The memory window of the settings, as the engine takes it. */
export function heldBy(window: MemoryWindow): HeldWeights | null {
  return window.kind === 'auto' ? null : window;
}

/** What of the person's settings concerns the engine's process. */
export function homeSettings(settings: AppSettings, flaggedModel: string | null, fallbackPath: string | null): HomeSettings {
  const { model, contextTokens, threads, memoryWindow, sharing, api } = settings;
  return {
    modelPath: model ?? flaggedModel, fallbackPath, contextTokens, threads, held: heldBy(memoryWindow), memoryBytes: sharing.memoryBytes,
    api: { on: api.on, host: '127.0.0.1', port: api.port, corsOrigins: api.origins, allowedHosts: [] },
  };
}
