import { ClusterFailedError, WrongUseError } from '../../engine/errors.js';
import type { Sharing } from '../shell/sharing-policy.js';

type Reason = Sharing['reason'];

/** The settings of the same app are there at once (ms). */
const patienceMs = 5_000;

/**
 * This laptop is to be paused, or not any more, by whoever of its home: that goes the way of its own setting, so that it is
 * kept, and the tray and the settings page show it.
 */
export class AskedPause {
  /** Why nothing is computed here; null where something is. */
  #reason: Reason = null;
  readonly #looks = new Set<() => void>();

  /** @param keep has the person's setting changed; what follows from it comes back through {@link follow}. */
  constructor(private readonly keep: (paused: boolean) => void, private readonly waitMs = patienceMs) {}

  /** What the settings and the battery say now. */
  follow(reason: Reason): void {
    this.#reason = reason;
    for (const look of [...this.#looks]) look();
  }

  /** Rejects with WrongUseError SHARES_NOT where the laptop stays paused for another reason. */
  async want(paused: boolean): Promise<void> {
    if (!this.#isKept(paused)) {
      this.keep(paused);
      await this.#kept(paused);
    }
    if (!paused && this.#reason !== null) {
      throw new WrongUseError('SHARES_NOT', stillPaused[this.#reason], { values: { reason: this.#reason } });
    }
  }

  #isKept(paused: boolean): boolean {
    return (this.#reason === 'paused') === paused;
  }

  #kept(paused: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (this.#isKept(paused)) end(resolve);
      };
      const end = (act: () => void): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
        act();
      };
      const timer = setTimeout(() => end(() =>
        reject(new ClusterFailedError('NOT_KEPT', 'Its settings could not be changed: pause it on that laptop itself.'))), this.waitMs);
      this.#looks.add(look);
    });
  }
}

const stillPaused = {
  paused: 'It is still paused: let it share again on that laptop itself.',
  battery: 'It runs on battery: it shares again once it is plugged in, or where its own settings let it share on battery.',
  lid: 'Its lid is closed: it shares again once it is open, or where its own settings let it share with the lid closed.',
};
