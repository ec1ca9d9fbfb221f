import { basename, dirname } from 'node:path';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { fetchAdvice, findCachedModel, listModels, removeModel } from '../../engine/catalogue/model-cache.js';
import { pullModel } from '../../engine/catalogue/model-download.js';
import { previewModel, type ModelPreview } from '../../engine/catalogue/model-preview.js';
import { modelsFolder, type CatalogueEnvironment } from '../../engine/catalogue/models-folder.js';
import { checkModel } from '../../engine/catalogue/verify-model.js';
import type { Offer } from '../../engine/cluster/plan.js';
import { InterruptedError, ModelUnusableError, WrongUseError } from '../../engine/errors.js';
import { openModel } from '../../engine/model/model-folder.js';
import type { Progress } from '../../engine/report/progress.js';
import { describeFailure } from '../describe-failure.js';
import { fitsHome, type HomeFit } from './home-fit.js';
import type { LinkedModels } from './linked-models.js';
import { outlinedBytes, sizedModel, type SizedModel } from './sized-model.js';
import { suggestedModels, type SuggestedModel } from './suggested-models.js';

/** One model, as the models page shows it. Plain data. */
export interface ModelRow {
  /** What every other call takes: a name of the cache, a reference to pull, or a path. */
  id: string;
  title: string;
  source: 'cache' | 'linked' | 'suggested';
  /** What the engine opens; null until it is here and whole. */
  path: string | null;
  totalBytes: number;
  presentBytes: number;
  dtype: string | null;
  /** Null where nobody has said. */
  licence: string | null;
  activity: { kind: 'downloading' | 'checking'; progress: Progress | null } | null;
  problem: { code: string; sentence: string } | null;
  fit: HomeFit | null;
}

export interface ModelShelfOptions {
  linked: LinkedModels;
  /** Who would take part; the laptop that would lead first. */
  offers: () => Promise<readonly Offer[]>;
  contextTokens: number;
  /** A row may have changed: ask for {@link ModelShelf.rows} again. */
  onChange: () => void;
  env?: CatalogueEnvironment;
}

interface Work {
  kind: 'downloading' | 'checking';
  stop: AbortController;
  progress: Progress | null;
}

/** The models of this laptop and those worth fetching, and the work that is going on with them. */
export class ModelShelf {
  readonly #work = new Map<string, Work>();
  readonly #problems = new Map<string, { code: string; sentence: string }>();
  readonly #folder: string;

  constructor(private readonly options: ModelShelfOptions) {
    this.#folder = modelsFolder(options.env);
  }

  /** Those that are here first, then those worth fetching, each with how it fits the home as it is now. */
  async rows(): Promise<ModelRow[]> {
    const [cached, linked, offers] = await Promise.all([
      listModels(this.#folder), this.options.linked.list(), this.options.offers(),
    ]);
    const here = await Promise.all([
      ...cached.map((model) => this.#cachedRow(model, offers)),
      ...linked.map((path) => this.#linkedRow(path, offers)),
    ]);
    const names = new Set(here.map(({ id }) => id));
    const absent = suggestedModels.filter((model) => ![...names].some((name) => isPulledFrom(name, model.reference)));
    const rows = [...here, ...absent.map((model) => this.#suggestedRow(model, offers))];
    // A model that the person named has no row of its own until its first bytes are here.
    const known = (id: string): boolean => rows.some((row) => row.id === id || isPulledFrom(row.id, id));
    const named = new Set([...this.#work.keys(), ...this.#problems.keys()].filter((id) => !known(id)));
    return [...rows, ...[...named].map((reference) => this.#namedRow(reference))];
  }

  /** What a pull would bring, licence included. @throws as {@link previewModel} */
  preview(reference: string, signal?: AbortSignal): Promise<ModelPreview> {
    return previewModel(reference, { signal, ...(this.options.env === undefined ? {} : { env: this.options.env }) });
  }

  /** Fetches a model, or goes on with one that was paused. Resolves when it is whole, paused, or has failed. */
  pull(reference: string): Promise<void> {
    return this.#do(reference, 'downloading', async (signal, onProgress) => {
      await pullModel(reference, { signal, onProgress, ...(this.options.env === undefined ? {} : { env: this.options.env }) });
    });
  }

  /** Compares a model's files with their checksums. */
  verify(name: string): Promise<void> {
    return this.#do(name, 'checking', async (signal, onProgress) => {
      const model = await findCachedModel(name, this.#folder);
      const damaged = await checkModel(model, { signal, onProgress });
      if (damaged.length === 0) return;
      const reason = `${damaged.join(', ')} ${damaged.length === 1 ? 'is' : 'are'} missing or damaged`;
      throw new ModelUnusableError('MODEL_DAMAGED', model.name, reason, fetchAdvice(model));
    });
  }

  /** Stops what goes on with a model; what has arrived is kept. */
  pause(id: string): void {
    this.#work.get(id)?.stop.abort();
  }

  /** Looks at a folder, one of its safetensors, or a GGUF file on this disk, and remembers it where it is. @throws ModelUnusableError */
  async link(path: string): Promise<void> {
    const model = path.endsWith('.safetensors') ? dirname(path) : path;
    await openModel(model);
    await this.options.linked.add(model);
    this.options.onChange();
  }

  /** Deletes a model of the cache; one that was linked is only forgotten. @throws WrongUseError while it is worked on. */
  async remove(row: Pick<ModelRow, 'id' | 'source'>): Promise<void> {
    if (this.#work.has(row.id)) throw new WrongUseError('MODEL_IN_WORK', `${row.id} is being worked on: pause it first.`);
    if (row.source === 'linked') await this.options.linked.remove(row.id);
    else await removeModel(row.id, this.#folder);
    this.#problems.delete(row.id);
    this.options.onChange();
  }

  /** Pauses everything and waits for it. */
  async close(): Promise<void> {
    for (const work of this.#work.values()) work.stop.abort();
    while (this.#work.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async #do(
    id: string, kind: Work['kind'], work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<void>,
  ): Promise<void> {
    if (this.#work.has(id)) return;
    const entry: Work = { kind, stop: new AbortController(), progress: null };
    this.#work.set(id, entry);
    this.#problems.delete(id);
    this.options.onChange();
    try {
      await work(entry.stop.signal, (progress) => {
        entry.progress = progress;
        this.options.onChange();
      });
    } catch (error) {
      if (!(error instanceof InterruptedError) && !entry.stop.signal.aborted) this.#problems.set(id, describeFailure(error));
    } finally {
      this.#work.delete(id);
      this.options.onChange();
    }
  }

  #now(...ids: string[]): Pick<ModelRow, 'activity' | 'problem'> {
    const id = ids.find((one) => this.#work.has(one) || this.#problems.has(one));
    const work = id === undefined ? undefined : this.#work.get(id);
    const problem = id === undefined ? undefined : this.#problems.get(id);
    return {
      activity: work === undefined ? null : { kind: work.kind, progress: work.progress },
      problem: problem ?? null,
    };
  }

  async #cachedRow(model: CachedModel, offers: readonly Offer[]): Promise<ModelRow> {
    const suggested = suggestedModels.find(({ reference }) => isPulledFrom(model.name, reference));
    const row: ModelRow = {
      id: model.name, title: suggested?.title ?? model.name, source: 'cache', path: model.complete ? model.path : null,
      totalBytes: model.totalBytes, presentBytes: model.presentBytes, dtype: model.dtype,
      licence: suggested?.licence ?? null, ...this.#now(model.name, suggested?.reference ?? model.name), fit: null,
    };
    return model.complete ? this.#opened(row, model.path, offers) : row;
  }

  async #linkedRow(path: string, offers: readonly Offer[]): Promise<ModelRow> {
    const row: ModelRow = {
      id: path, title: basename(path), source: 'linked', path, totalBytes: 0, presentBytes: 0, dtype: null, licence: null,
      ...this.#now(path), fit: null,
    };
    return this.#opened(row, path, offers);
  }

  /** Adds what only the model's own files tell. */
  async #opened(row: ModelRow, path: string, offers: readonly Offer[]): Promise<ModelRow> {
    try {
      const model = await openModel(path);
      const bytes = [...model.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
      const sizes = row.totalBytes === 0 ? { totalBytes: bytes, presentBytes: bytes } : {};
      return { ...row, ...sizes, fit: this.#fit(model, offers) };
    } catch (error) {
      return { ...row, path: null, problem: row.problem ?? describeFailure(error) };
    }
  }

  #suggestedRow(model: SuggestedModel, offers: readonly Offer[]): ModelRow {
    const { reference, title, licence, dtype, outline } = model;
    return {
      id: reference, title, source: 'suggested', path: null, totalBytes: outlinedBytes(outline, dtype), presentBytes: 0, dtype,
      licence, ...this.#now(reference), fit: this.#fit(sizedModel(title, outline, dtype), offers),
    };
  }

  #namedRow(reference: string): ModelRow {
    return {
      id: reference, title: reference, source: 'suggested', path: null, totalBytes: 0, presentBytes: 0, dtype: null, licence: null,
      ...this.#now(reference), fit: null,
    };
  }

  #fit(model: SizedModel, offers: readonly Offer[]): HomeFit | null {
    return offers.length === 0 ? null : fitsHome(model, offers, this.options.contextTokens);
  }
}

/** Whether a model of the cache is what a pull of `reference` brings: a GGUF's name says which file of it was taken. */
function isPulledFrom(name: string, reference: string): boolean {
  const [repo = reference, selection] = reference.split(':');
  if (selection === undefined) return name === reference;
  return name.startsWith(`${repo}:`) && name.toLowerCase().includes(selection.toLowerCase());
}
