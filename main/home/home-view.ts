import type { HomeState } from '../../engine/cluster/home-state.js';
import type { Offer } from '../../engine/cluster/plan.js';
import type { ApiView, HomeView, PairingView } from '../bridge-shapes/home.js';
import type { AppSettings } from '../bridge-shapes/settings.js';
import type { HomeNews, HomeSettings } from './home-messages.js';

/** What the app last heard of its home, for windows that open later and for what depends on it. */
export class HomeMemory {
  state: HomeState | null = null;
  pairing: PairingView = { step: 'closed' };
  api: ApiView = { state: { kind: 'off' }, keys: [] };
  problem: { code: string; sentence: string } | null = null;

  hear(news: HomeNews): void {
    if (news.kind === 'home') this.state = news.state;
    else if (news.kind === 'pairing') this.pairing = news.step;
    else if (news.kind === 'api') this.api = { state: news.state, keys: [...news.keys] };
    else this.problem = news.problem;
  }

  /** As the bridge wants it; it leaves out what no page shows. */
  get view(): HomeView | null {
    return this.state as HomeView | null;
  }

  /** Who would take part in a model that is chosen now: whoever leads first, then all others that are there. */
  offers(): Offer[] {
    const { state } = this;
    if (state === null) return [];
    const first = state.master ?? state.self;
    const present = state.laptops.filter(({ present: here, paused }) => here && !paused);
    const ordered = [...present.filter((laptop) => laptop.deviceId === first), ...present.filter((laptop) => laptop.deviceId !== first)];
    return ordered.flatMap(({ deviceId, name, capacity, roundTripMs, bytesPerSecond }, index): Offer[] => {
      if (capacity === null) return [];
      const measured = roundTripMs !== null && bytesPerSecond !== null;
      const link = index === 0 ? null
        : measured ? { roundTripSeconds: roundTripMs / 1000, bytesPerSecond } : { roundTripSeconds: 0.003, bytesPerSecond: 40e6 };
      return [{ deviceId, name, capacity, link }];
    });
  }
}

/** What of the person's settings concerns the engine's process. */
export function homeSettings(settings: AppSettings, fallbackModel: string | null): HomeSettings {
  const { model, contextTokens, threads, sharing, api } = settings;
  return {
    modelPath: model ?? fallbackModel, contextTokens, threads, memoryBytes: sharing.memoryBytes,
    api: { on: api.on, host: '127.0.0.1', port: api.port, corsOrigins: api.origins, allowedHosts: [] },
  };
}
