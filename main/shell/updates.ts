import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** How often a running app asks again. */
const askEveryMs = 24 * 60 * 60 * 1000;

/** Asks for updates, downloads them, and installs them when the app ends. Off until the person turns it on. */
export class Updates {
  #timer: NodeJS.Timeout | null = null;

  /** @param resources the package's folder of resources; `app-update.yml` there says where to ask */
  constructor(private readonly resources: string) {}

  /** Whether this package says where updates come from: one that was built from the sources does not. */
  get possible(): boolean {
    return existsSync(join(this.resources, 'app-update.yml'));
  }

  /** Starts to ask, or stops. */
  follow(on: boolean): void {
    if (on === (this.#timer !== null) || !this.possible) return;
    if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
      return;
    }
    this.#timer = setInterval(() => void this.#ask(), askEveryMs);
    void this.#ask();
  }

  async #ask(): Promise<void> {
    // Loaded by those only who want it: it takes part in no start without it.
    const { autoUpdater } = await import('electron-updater');
    autoUpdater.autoInstallOnAppQuit = true;
    // A laptop without the internet has nothing to be told: it asks again tomorrow.
    await autoUpdater.checkForUpdates().catch(() => null);
  }
}
