import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Capacity } from '../../../engine/cluster/capacity.js';
import { makeIdentity } from '../../../engine/cluster/identity.js';
import { failedEvent } from '../../../engine/home-node/asked-failure.js';
import { ModelKeeper } from '../../../engine/home-node/model-keeper.js';
import type { HomeStatus } from '../../../engine/wire/home-status.js';
import { goldenModel } from '../../golden/golden-model.js';

const identity = await makeIdentity();
const never = new AbortController().signal;
/** Far too little for any model. */
const tiny: Capacity = {
  memoryBytes: 1000, processBytes: 0, cores: 1, diskBytesPerSecond: 1e9,
  productBytesPerSecond: { f32: 1e6, bf16: 1e6, f16: 1e6, q8_0: 1e6, q4_0: 1e6 },
};

/** The keeper of a laptop that leads a home of itself alone, with nothing but the clock told what to do. */
class LonelyKeeper {
  /** How often a model was begun. */
  begun = 0;
  status: HomeStatus | null = null;
  readonly said: string[] = [];
  leads = true;
  /** Called when laptops come and go. */
  readonly #listeners: (() => void)[] = [];
  readonly keeper: ModelKeeper;

  constructor(path: string, folder: string) {
    const listen = (look: (...news: never[]) => void) => {
      this.#listeners.push(look);
      return () => undefined;
    };
    const roleNow = (): 'master' | 'helper' => (this.leads ? 'master' : 'helper');
    this.keeper = new ModelKeeper({
      cluster: {
        get status() {
          return { role: roleNow(), master: identity.deviceId, term: 1, accepting: true, waitingFor: [], outOfSight: null };
        },
        paused: false, allOffersIn: true,
        offers: () => [{ deviceId: identity.deviceId, name: 'kitchen', capacity: tiny, link: null }],
        setProcessBytes: () => undefined,
        setStatus: (status) => (this.status = status),
        onElection: listen, onOffers: listen,
      },
      open: {
        identity, host: '127.0.0.1', masterPort: 0, filePort: 0, saveDirOf: () => join(folder, 'split'), collective: 'star',
        load: { dtype: null, threads: 1, contextTokens: 64, kvDtype: 'f32' },
        invite: () => ({ exited: Promise.resolve('nobody is here.'), kill: () => undefined }),
      },
      makeRoom: () => {
        this.begun += 1;
        return Promise.resolve();
      },
      onEvent: () => undefined,
      say: (line) => void this.said.push(line),
    }, path);
  }

  /** A minute goes by in which laptops come and go. */
  async aMinuteLater(): Promise<void> {
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      this.#tellAll();
    }
  }

  /** Another laptop takes the lead of the home, and gives it back. */
  async leadsAgain(): Promise<void> {
    for (const leads of [false, true]) {
      this.leads = leads;
      this.#tellAll();
      await vi.advanceTimersByTimeAsync(1_000);
    }
  }

  /** Why whoever asks now gets no answer; the clock goes on meanwhile. */
  async refusal(): Promise<unknown> {
    const asked = this.keeper.model(never).then(() => null, (error: unknown) => error);
    let refused: unknown;
    void asked.then((error) => (refused = error ?? 'a model'));
    while (refused === undefined) await vi.advanceTimersByTimeAsync(10);
    return refused;
  }

  #tellAll(): void {
    for (const listener of this.#listeners) listener();
  }
}

describe('The model that a laptop leads its home with', () => {
  let folder: string;
  let lonely: LonelyKeeper;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-keeper-'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await lonely.keeper.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('whose files cannot be used is left alone until one is named anew, and whoever asks hears why', async () => {
    lonely = new LonelyKeeper(folder, folder);
    lonely.keeper.look();
    const why = await lonely.refusal();
    expect(why).toMatchObject({ code: 'MODEL_NO_WEIGHTS', message: expect.stringContaining(folder) as string });
    expect(lonely.status?.model).toMatchObject({ phase: 'failed', problem: { code: 'MODEL_NO_WEIGHTS', sentence: (why as Error).message } });
    await lonely.aMinuteLater();
    expect([lonely.begun, lonely.said]).toEqual([1, [(why as Error).message]]);
    // Whoever asks second hears the same, down to the exit code.
    expect(failedEvent(await lonely.refusal())).toEqual({ ...failedEvent(why), code: 'MODEL_NO_WEIGHTS', exitCode: 3 });
    await lonely.leadsAgain();
    expect(lonely.status?.model).toMatchObject({ phase: 'failed', problem: { code: 'MODEL_NO_WEIGHTS' } });
    expect(await lonely.refusal()).toBe(why);
    expect(lonely.begun).toBe(1);
    // The same folder, mended or not: the person says so.
    lonely.keeper.set(folder, null);
    expect(await lonely.refusal()).toMatchObject({ code: 'MODEL_NO_WEIGHTS' });
    expect(lonely.begun).toBe(2);
  });

  test('that finds no room is tried again as laptops come and go', async () => {
    lonely = new LonelyKeeper(goldenModel('llama-gqa').path, folder);
    lonely.keeper.look();
    expect(await lonely.refusal()).toMatchObject({ code: 'MODEL_DOES_NOT_FIT' });
    const before = lonely.begun;
    await lonely.aMinuteLater();
    expect(lonely.begun).toBeGreaterThan(before);
  });
});
