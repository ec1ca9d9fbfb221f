import { dirname } from 'node:path';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { fetchAdvice, findCachedModel, listModels, removeModel } from '../../engine/catalogue/model-cache.js';
import { pullModel } from '../../engine/catalogue/model-download.js';
import { previewModel, type ModelPreview } from '../../engine/catalogue/model-preview.js';
import type { CatalogueEnvironment } from '../../engine/catalogue/models-folder.js';
import { checkModel } from '../../engine/catalogue/verify-model.js';
import type { Offer } from '../../engine/cluster/plan.js';
import { ModelUnusableError } from '../../engine/errors.js';
import type { Progress } from '../../engine/report/progress.js';
import type { Saying } from '../../engine/saying.js';
import type { LinkedModels } from './linked-models.js';
import type { ModelPlaces } from './model-places.js';
import type { ModelPlans } from './model-plans.js';
import type { ModelRow } from './model-row.js';
import { ModelRows } from './model-rows.js';
import { ModelWork } from './model-work.js';
import { isPulledFrom } from './pulled-from.js';
import { suggestedModels } from './suggested-models.js';

export interface ModelShelfOptions {
  linked: LinkedModels;
  plans: ModelPlans;
  places: ModelPlaces;
  /** Who would take part, the laptop that would lead first, if this one offered so much memory; null: what it offers now. */
  offers: (ownBytes: number | null) => readonly Offer[];
  contextTokens: () => number;
  /** The folder of the model that comes with Hearth; null where this installation has none. */
  guide: string | null;
  /** Path of the model that this laptop leads its home with. */
  inUse: () => string | null;
  /** A row may have changed: ask for {@link ModelShelf.rows} again. */
  onChange: () => void;
  /** Where models come from. */
  env: CatalogueEnvironment;
}

/** How a download ended: whole, at this path; failed; or stopped. */
export type Pulled = { path: string; problem: null } | { path: null; problem: Saying | null };

/** The models of this laptop and those worth fetching, and the work that is going on with them. */
export class ModelShelf {
  readonly #work: ModelWork;

  constructor(private readonly options: ModelShelfOptions) {
    this.#work = new ModelWork(options.onChange);
  }

  /**
   * Those that are here first, then those worth fetching, each with how it fits the home as it is now, or if this laptop
   * offered `ownBytes` of memory.
   */
  async rows(ownBytes: number | null = null): Promise<ModelRow[]> {
    const { guide, plans, contextTokens, inUse } = this.options;
    const [cached, linked] = await Promise.all([this.#cached(), this.options.linked.list()]);
    const making = new ModelRows({ plans, work: this.#work, contextTokens, inUse }, this.options.offers(ownBytes));
    const rows: ModelRow[] = [];
    if (guide !== null) rows.push(await making.guide(guide));
    for (const { model } of cached) rows.push(await making.cached(model));
    for (const path of linked) rows.push(await making.linked(path));
    const known = (id: string): boolean => rows.some((row) => isPulledFrom(row.id, id));
    for (const model of suggestedModels) if (!known(model.reference)) rows.push(await making.suggested(model));
    // A model that the person named has no row of its own until its first bytes are here.
    const named = new Set(this.#work.ids.filter((id) => !known(id)));
    return [...rows, ...[...named].map((reference) => making.named(reference))];
  }

  /** What is being fetched: quick to tell, where rows are not. */
  downloads(): { title: string; progress: Progress | null }[] {
    return this.#work.downloads.map(([id, progress]) => ({
      title: suggestedModels.find(({ reference }) => isPulledFrom(id, reference))?.title ?? id, progress,
    }));
  }

  /** What a pull would bring, licence included. @throws as {@link previewModel} */
  preview(reference: string, signal?: AbortSignal): Promise<ModelPreview> {
    return previewModel(reference, { signal, env: this.options.env });
  }

  /** Fetches a model, or goes on with one that was paused, where its beginning lies. */
  async pull(reference: string): Promise<Pulled> {
    const { places, env } = this.options;
    const begun = (await this.#cached()).find(({ model }) => isPulledFrom(model.name, reference));
    const folder = begun?.folder ?? places.folder;
    const pulled: CachedModel[] = [];
    const problem = await this.#work.do(reference, 'downloading', async (signal, onProgress) => {
      pulled.push(await pullModel(reference, { signal, onProgress, env: { ...env, HEARTH_MODELS: folder } }));
    });
    const [model] = pulled;
    return model === undefined ? { path: null, problem } : { path: model.path, problem: null };
  }

  /** Compares a model's files with their checksums. */
  async verify(name: string): Promise<void> {
    await this.#work.do(name, 'checking', async (signal, onProgress) => {
      const model = await findCachedModel(name, await this.#folderOf(name));
      const damaged = await checkModel(model, { signal, onProgress });
      if (damaged.length === 0) return;
      const reason = `${damaged.join(', ')} ${damaged.length === 1 ? 'is' : 'are'} missing or damaged`;
      throw new ModelUnusableError('MODEL_DAMAGED', model.name, reason, fetchAdvice(model), { values: { damaged } });
    });
  }

  /** Stops what goes on with a model; what has arrived is kept. */
  pause(id: string): void {
    this.#work.stop(id);
  }

  /** Looks at a folder, one of its safetensors, or a GGUF file on this disk, and remembers it where it is. @throws ModelUnusableError */
  async link(path: string): Promise<void> {
    const model = path.endsWith('.safetensors') ? dirname(path) : path;
    this.options.plans.forget(model);
    await this.options.plans.opened(model);
    await this.options.linked.add(model);
    this.options.onChange();
  }

  /**
   * Deletes a model of the cache; one that was linked is only forgotten. Tells whether it was the one in use.
   *
   * @throws WrongUseError while it is worked on
   */
  async remove(row: Pick<ModelRow, 'id' | 'source'>): Promise<{ wasInUse: boolean }> {
    this.#work.requireRest(row.id);
    const path = row.source === 'linked' ? row.id : (await removeModel(row.id, await this.#folderOf(row.id))).path;
    if (row.source === 'linked') await this.options.linked.remove(row.id);
    this.options.plans.forget(path);
    this.#work.forget(row.id);
    this.options.onChange();
    return { wasInUse: path === this.options.inUse() };
  }

  /** Pauses everything and waits for it. */
  close(): Promise<void> {
    return this.#work.stopAll();
  }

  /** The models of all places; of two that are called the same, the one of the earlier place. */
  async #cached(): Promise<{ folder: string; model: CachedModel }[]> {
    const found = new Map<string, { folder: string; model: CachedModel }>();
    for (const folder of await this.options.places.all()) {
      for (const model of await listModels(folder)) if (!found.has(model.name)) found.set(model.name, { folder, model });
    }
    return [...found.values()];
  }

  async #folderOf(name: string): Promise<string> {
    const found = (await this.#cached()).find(({ model }) => model.name === name);
    return found?.folder ?? this.options.places.folder;
  }
}
