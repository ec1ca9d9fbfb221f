import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, test as base, type ElectronApplication, type Page } from '@playwright/test';

const root = join(import.meta.dirname, '../..');

export interface RunningApp {
  app: ElectronApplication;
  page: Page;
}

interface AppFixtures {
  /** Flags after the app's folder. */
  appFlags: string[];
  hearth: RunningApp;
}

/** A test with the built app running, in a profile of its own. */
export const test = base.extend<AppFixtures>({
  appFlags: [[], { option: true }],
  hearth: async ({ appFlags }, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'hearth-desktop-'));
    // Whatever is asked of it stays on this machine and in its profile.
    const env = { ...process.env, HEARTH_HOME: join(profile, 'hearth') } as Record<string, string>;
    const app = await _electron.launch({ args: [root, `--user-data-dir=${profile}`, '--alone', ...appFlags], cwd: root, env });
    try {
      const page = await app.firstWindow();
      // A window is there before its page is.
      await page.getByRole('textbox').first().waitFor();
      await use({ app, page });
    } finally {
      await app.close();
      await rm(profile, { recursive: true, force: true });
    }
  },
});

/** Process IDs of the engine, as the operating system runs it. */
export async function enginePids(app: ElectronApplication): Promise<number[]> {
  const metrics = await app.evaluate(({ app: electron }) => electron.getAppMetrics());
  return metrics.filter((metric) => metric.name === 'Hearth engine').map((metric) => metric.pid);
}
