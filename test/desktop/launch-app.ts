import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, test as base, type ElectronApplication, type Page } from '@playwright/test';
import { defaultChatSampling } from '../../main/bridge-shapes/sampling.js';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';

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

/** Answers that are the same every time. */
export const certainSampling = { ...defaultChatSampling, temperature: 0, repetitionPenalty: 1, seed: 1, maxTokens: 512 };

/** The program of the runtime; only Linux says where it is. */
export const electronProgram = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? '', 'electron');

interface AppPlace {
  /** A network namespace for it to run in, and to look for other laptops in. */
  namespace?: string;
  /** Variables of its environment beside those of the tests. */
  variables?: Record<string, string>;
}

/** Starts the built app on a folder of its own; whatever is asked of it stays on this machine and in that folder. */
export async function startApp(
  profile: string, flags: readonly string[], settings?: Partial<AppSettings>, { namespace, variables }: AppPlace = {},
): Promise<RunningApp> {
  const file = join(profile, 'settings.json');
  // All but the first run's own tests begin after it.
  if (settings !== undefined || !existsSync(file)) await writeFile(file, JSON.stringify({ welcomed: true, ...settings }));
  const env = { ...process.env, HEARTH_HOME: join(profile, 'hearth'), ...variables } as Record<string, string>;
  const args = [root, `--user-data-dir=${profile}`, ...flags];
  const app = namespace === undefined
    ? await _electron.launch({ args: [...args, '--alone'], cwd: root, env })
    : await _electron.launch({ executablePath: await starterIn(namespace, profile), args, cwd: root, env });
  const page = await app.firstWindow();
  // A window is there before its page is.
  await page.getByRole('textbox').first().waitFor();
  return { app, page };
}

/** A program that starts Electron in a network namespace, as a test driver wants to start it. */
async function starterIn(namespace: string, folder: string): Promise<string> {
  const starter = join(folder, 'start');
  const words = [process.execPath, join(import.meta.dirname, 'electron-in-namespace.mjs'), namespace, electronProgram];
  await writeFile(starter, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  return starter;
}

/** A test with the built app running, in a profile of its own. */
export const test = base.extend<AppFixtures>({
  appFlags: [[], { option: true }],
  hearth: async ({ appFlags }, use) => {
    const profile = await mkdtemp(join(tmpdir(), 'hearth-desktop-'));
    const running = await startApp(profile, appFlags, { sampling: certainSampling });
    try {
      await use(running);
    } finally {
      await running.app.close();
      await rm(profile, { recursive: true, force: true });
    }
  },
});

/** Process IDs of the engine, as the operating system runs it. */
export async function enginePids(app: ElectronApplication): Promise<number[]> {
  const metrics = await app.evaluate(({ app: electron }) => electron.getAppMetrics());
  return metrics.filter((metric) => metric.name === 'Hearth engine').map((metric) => metric.pid);
}
