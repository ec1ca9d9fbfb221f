/**
 * Makes a picture of every page of the window, in both themes and both languages, as it is and at 125 %, into `screenshots/`,
 * for people to look at. Builds the app and starts it as the desktop tests do: `npm run screenshots`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'desktop-tests.mjs'), '--config', 'screenshots.config.ts'], {
  cwd: join(import.meta.dirname, '..'), stdio: 'inherit',
});
process.exit(status ?? 1);
