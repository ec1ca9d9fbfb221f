import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hearthHome } from '../engine/catalogue/models-folder.js';
import { WrongUseError } from '../engine/errors.js';

/** Most tokens of an answer of the guide; its longest has 40. */
export const guideAnswerTokens = 64;

/**
 * The folder of the guide, the small model that comes with Hearth: beside the resources of an installed app, else the
 * nearest `models/guide` upwards, from the sources, from dist/ and from a bundle alike.
 *
 * @throws WrongUseError GUIDE_MISSING where this installation is not whole.
 */
export function guideModelPath(resources: string | undefined = ownResources(), start = dirname(ownFile())): string {
  const places = resources === undefined ? [] : [join(resources, 'models', 'guide')];
  for (let folder = start, above = dirname(folder); ; folder = above, above = dirname(folder)) {
    places.push(join(folder, 'models', 'guide'));
    if (above === folder) break;
  }
  const found = places.find((place) => existsSync(join(place, 'config.json')));
  if (found !== undefined) return found;
  throw new WrongUseError(
    'GUIDE_MISSING',
    'No model is here, and the one that comes with Hearth is missing. Name a model with --model-path, or install Hearth again.',
  );
}

/** As {@link guideModelPath}; null where this installation has no guide. */
export function guideIfThere(): string | null {
  try {
    return guideModelPath();
  } catch (error) {
    if (error instanceof WrongUseError) return null;
    throw error;
  }
}

/** Where slices of the guide go: its own folder may be read-only. */
export function guideSliceFolder(): string {
  return join(hearthHome(), 'guide-slices');
}

/** Only Electron's process has it. */
function ownResources(): string | undefined {
  const { resourcesPath } = process as { resourcesPath?: string };
  return resourcesPath;
}

/** This module's own file; a CommonJS bundle has no `import.meta.url` but a `__filename`. */
function ownFile(): string {
  const url: unknown = import.meta.url;
  return fileURLToPath(typeof url === 'string' ? url : pathToFileURL(__filename).href);
}
