import { join, resolve } from 'node:path';

/** The build that tests drive; `HEARTH_DIST` may name another than `dist`. */
const dist = resolve(process.env['HEARTH_DIST'] ?? 'dist');

/** The `hearth` command as it is installed: one file. */
export const hearthCommand = join(dist, 'command', 'hearth.js');

/** The same from a file per module, for tests that change one of them. */
export const hearthInModules = join(dist, 'main', 'hearth.js');
