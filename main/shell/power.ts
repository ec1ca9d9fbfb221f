import { powerMonitor, powerSaveBlocker } from 'electron';
import { lidClosed } from './lid.js';
import type { LaptopState } from './sharing-policy.js';

const lidPollMs = 5_000;

/** How this laptop is powered and whether its lid is closed, and what keeps it awake. */
export class Power {
  #state: LaptopState = { onBattery: null, lidClosed: null };
  #blocker: number | null = null;
  #poll: NodeJS.Timeout | null = null;

  constructor(private readonly changed: () => void) {}

  get state(): LaptopState {
    return this.#state;
  }

  /** Starts to watch. Call when the app is ready. */
  watch(): void {
    this.#set({ onBattery: powerMonitor.isOnBatteryPower() });
    powerMonitor.on('on-battery', () => this.#set({ onBattery: true }));
    powerMonitor.on('on-ac', () => this.#set({ onBattery: false }));
    powerMonitor.on('resume', () => void this.#askLid());
    void this.#askLid().then(() => {
      // Where there is no lid now there will be none later.
      if (this.#state.lidClosed !== null) this.#poll = setInterval(() => void this.#askLid(), lidPollMs);
    });
  }

  /** Keeps the laptop from falling asleep, or no more. The screen may go dark all the same. */
  stayAwake(awake: boolean): void {
    if (awake === (this.#blocker !== null)) return;
    if (this.#blocker !== null) powerSaveBlocker.stop(this.#blocker);
    this.#blocker = awake ? powerSaveBlocker.start('prevent-app-suspension') : null;
  }

  close(): void {
    if (this.#poll !== null) clearInterval(this.#poll);
    this.stayAwake(false);
  }

  async #askLid(): Promise<void> {
    this.#set({ lidClosed: await lidClosed() });
  }

  #set(change: Partial<LaptopState>): void {
    const state = { ...this.#state, ...change };
    const same = state.onBattery === this.#state.onBattery && state.lidClosed === this.#state.lidClosed;
    this.#state = state;
    if (!same) this.changed();
  }
}
