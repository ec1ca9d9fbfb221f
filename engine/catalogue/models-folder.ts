import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The variables of the environment that the catalogue listens to. */
export type CatalogueEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Where Hearth keeps its things: `HEARTH_HOME`, or the platform's own place for an application's data
 * (XDG base directories on Linux, Application Support on macOS, LOCALAPPDATA on Windows).
 */
export function hearthHome(
  env: CatalogueEnvironment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env['HEARTH_HOME']) return resolve(env['HEARTH_HOME']);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'hearth');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'hearth');
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'hearth');
}

/** The folder of the model cache: `HEARTH_MODELS`, or beside Hearth's other things; it need not exist yet. */
export function modelsFolder(env: CatalogueEnvironment = process.env): string {
  if (env['HEARTH_MODELS']) return resolve(env['HEARTH_MODELS']);
  return join(hearthHome(env), 'models');
}
