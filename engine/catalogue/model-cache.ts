import { mkdtemp, readdir, rename, rm, stat, unlink, lstat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelUnusableError, WrongUseError } from '../errors.js';
import { readCachedModel, type CachedModel } from './cached-model.js';
import { ModelNotFoundError } from './catalogue-errors.js';
import { matchModels } from './model-name.js';
import { modelsFolder } from './models-folder.js';
import { pullInProgress } from './pull-lock.js';
import { checkModel } from './verify-model.js';

/** What is being deleted has a name of its own, which is no model's. */
const asidePrefix = '.removed-';

/** Every model of the cache, whole or partial, by name. An absent folder is an empty cache. */
export async function listModels(folder: string = modelsFolder()): Promise<CachedModel[]> {
  const entries: string[] = await readdir(folder).catch(() => []);
  const models = await Promise.all(entries.map((entry) => readCachedModel(folder, entry)));
  return models
    .filter((model): model is CachedModel => model !== null)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * The path that a person's `--model-path` means: a folder or GGUF file as given, or the path of a model of the cache
 * under the name that `hearth models ls` shows, or an unambiguous short form of it. A cached file that changed since
 * its checksum last agreed is checked again.
 *
 * @throws ModelNotFoundError naming what there is; ModelUnusableError for a partial or damaged model.
 */
export async function findModel(nameOrPath: string, folder: string = modelsFolder()): Promise<string> {
  const given = await stat(nameOrPath).catch(() => null);
  if (nameOrPath !== '' && given !== null) return resolve(nameOrPath);
  const model = await findCachedModel(nameOrPath, folder);
  if (!model.complete) {
    const percent = model.totalBytes === 0 ? 0 : Math.floor((model.presentBytes / model.totalBytes) * 100);
    const reason = `only ${percent}% of the model is here`;
    throw new ModelUnusableError('MODEL_PARTIAL', model.name, reason, fetchAdvice(model), { values: { percent } });
  }
  const damaged = await checkModel(model, { trustUnchanged: true });
  if (damaged.length > 0) {
    const reason = `${damaged.join(', ')} does not match its checksum`;
    throw new ModelUnusableError('MODEL_DAMAGED', model.name, reason, fetchAdvice(model), { values: { damaged } });
  }
  return model.path;
}

/** The one cached model that a name means. @throws ModelNotFoundError */
export async function findCachedModel(name: string, folder: string = modelsFolder()): Promise<CachedModel> {
  const models = await listModels(folder);
  const matches = matchModels(name, models);
  const only = matches[0];
  if (only !== undefined && matches.length === 1) return only;
  if (matches.length > 1) {
    const names = matches.map((model) => model.name).join(', ');
    throw new ModelNotFoundError(name, `'${name}' could mean any of: ${names}. Use one of these names.`);
  }
  const present = models.map((model) => model.name).join(', ');
  const there = models.length === 0 ? 'the model cache is empty' : `the model cache holds: ${present}`;
  throw new ModelNotFoundError(
    name,
    `There is no folder, file or cached model '${name}'; ${there}. Fetch one with \`hearth models pull <owner/repo>\`.`,
  );
}

/** Deletes a model, whole or partial. Gives what was deleted. @throws ModelNotFoundError, WrongUseError */
export async function removeModel(name: string, folder: string = modelsFolder()): Promise<CachedModel> {
  const model = await findCachedModel(name, folder);
  if (await pullInProgress(model.entry)) {
    throw new WrongUseError('PULL_IN_PROGRESS', `${model.name} is being downloaded; stop that download first.`, { values: { model: model.name } });
  }
  await deleteEntry(model.entry);
  return model;
}

/** Deletes an entry of a models folder. */
export async function deleteEntry(entry: string): Promise<void> {
  const info = await lstat(entry);
  // A file, or a link to a folder that lives elsewhere: only the entry is ours to delete.
  if (!info.isDirectory()) return unlink(entry);
  // Moved aside first, so that a deletion cut short never looks like a model.
  const aside = await mkdtemp(join(dirname(entry), asidePrefix));
  await rename(entry, join(aside, basename(entry)));
  await rm(aside, { recursive: true, force: true });
}

/** Clears what a deletion that was cut short has left in a models folder. */
export async function clearDeleted(folder: string): Promise<void> {
  const entries: string[] = await readdir(folder).catch(() => []);
  for (const name of entries) if (name.startsWith(asidePrefix)) await rm(join(folder, name), { recursive: true, force: true });
}

/** What to do about a cached model that is not whole. */
export function fetchAdvice(model: CachedModel): string {
  if (model.record?.source.kind === 'hugging-face') return `Fetch the rest with \`hearth models pull ${model.name}\`.`;
  return `Remove it with \`hearth models rm ${model.name}\` and add it again.`;
}
