import { basename, dirname } from 'node:path';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { fetchAdvice, findCachedModel, listModels, removeModel } from '../../engine/catalogue/model-cache.js';
import { pullModel } from '../../engine/catalogue/model-download.js';
import { previewModel, type ModelPreview } from '../../engine/catalogue/model-preview.js';
import { modelsFolder, type CatalogueEnvironment } from '../../engine/catalogue/models-folder.js';
import { checkModel } from '../../engine/catalogue/verify-model.js';
import type { Offer } from '../../engine/cluster/plan.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import { InterruptedError, ModelUnusableError, WrongUseError } from '../../engine/errors.js';
import type { Progress } from '../../engine/report/progress.js';
import { describeFailure } from '../describe-failure.js';
import { fitsHome, type HomeFit } from './home-fit.js';
import type { LinkedModels } from './linked-models.js';
import type { ModelPlans } from './model-plans.js';
import { outlinedBytes } from './sized-model.js';
import { suggestedModels, type SuggestedModel } from './suggested-models.js';

/** One model, as the models page shows it. Plain data. */
export interface ModelRow {
  /** What every other call takes: a name of the cache, a reference to pull, or a path. */
  id: string;
  title: string;
  source: 'guide' | 'cache' | 'linked' | 'suggested';
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
  /** The model that this laptop leads its home with. */
  inUse: boolean;
}

export interface ModelShelfOptions {
  linked: LinkedModels;
  plans: ModelPlans;
  /** Who would take part, the laptop that would lead first, if this one offered so much memory; null: what it offers now. */
  offers: (ownBytes: number | null) => readonly Offer[];
  contextTokens: () => number;
  /** The folder of the model that comes with Hearth; null where this installation has none. */
  guide: string | null;
  /** Path of the model that this laptop leads its home with. */
  inUse: () => string | null;
  /** A row may have changed: ask for {@link ModelShelf.rows} again. */
  onChange: () => void;
  /** Where models are, and where they come from. */
  env: () => CatalogueEnvironment;
}

/** What a row is without its work, its fit and its place in the home. */
type RowFacts = Omit<ModelRow, 'activity' | 'problem' | 'fit' | 'inUse'>;

interface Work {
  kind: 'downloading' | 'checking';
  stop: AbortController;
  progress: Progress | null;
}

/** The models of this laptop and those worth fetching, and the work that is going on with them. */
export class ModelShelf {
  readonly #work = new Map<string, Work>();
  readonly #problems = new Map<string, { code: string; sentence: string }>();

  constructor(private readonly options: ModelShelfOptions) {}

  /** Folder that models are fetched into. */
  get folder(): string {
    return modelsFolder(this.options.env());
  }

  /**
   * Those that are here first, then those worth fetching, each with how it fits the home as it is now, or if this laptop
   * offered `ownBytes` of memory.
   */
  async rows(ownBytes: number | null = null): Promise<ModelRow[]> {
    const [cached, linked] = await Promise.all([listModels(this.folder), this.options.linked.list()]);
    const { guide } = this.options;
    const offers = this.options.offers(ownBytes);
    const here: ModelRow[] = [];
    if (guide !== null) here.push(await this.#opened(guideFacts(guide), guide, offers));
    for (const model of cached) here.push(await this.#cachedRow(model, offers));
    for (const path of linked) here.push(await this.#linkedRow(path, offers));
    const names = new Set(here.map(({ id }) => id));
    const absent = suggestedModels.filter((model) => ![...names].some((name) => isPulledFrom(name, model.reference)));
    const rows = [...here];
    for (const model of absent) rows.push(await this.#suggestedRow(model, offers));
    // A model that the person named has no row of its own until its first bytes are here.
    const known = (id: string): boolean => rows.some((row) => row.id === id || isPulledFrom(row.id, id));
    const named = new Set([...this.#work.keys(), ...this.#problems.keys()].filter((id) => !known(id)));
    return [...rows, ...[...named].map((reference) => this.#namedRow(reference))];
  }

  /** What a pull would bring, licence included. @throws as {@link previewModel} */
  preview(reference: string, signal?: AbortSignal): Promise<ModelPreview> {
    return previewModel(reference, { signal, env: this.options.env() });
  }

  /**
   * Fetches a model, or goes on with one that was paused. Resolves when it is whole, with its path, or else with null: it is
   * paused, or has failed.
   */
  async pull(reference: string): Promise<string | null> {
    let path: string | null = null;
    await this.#do(reference, 'downloading', async (signal, onProgress) => {
      ({ path } = await pullModel(reference, { signal, onProgress, env: this.options.env() }));
    });
    return path;
  }

  /** Compares a model's files with their checksums. */
  verify(name: string): Promise<void> {
    return this.#do(name, 'checking', async (signal, onProgress) => {
      const model = await findCachedModel(name, this.folder);
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
    if (this.#work.has(row.id)) throw new WrongUseError('MODEL_IN_WORK', `${row.id} is being worked on: pause it first.`);
    const path = row.source === 'linked' ? row.id : (await removeModel(row.id, this.folder)).path;
    if (row.source === 'linked') await this.options.linked.remove(row.id);
    this.options.plans.forget(path);
    this.#problems.delete(row.id);
    this.options.onChange();
    return { wasInUse: path === this.options.inUse() };
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
    const facts: RowFacts = {
      id: model.name, title: suggested?.title ?? model.name, source: 'cache', path: model.complete ? model.path : null,
      totalBytes: model.totalBytes, presentBytes: model.presentBytes, dtype: model.dtype, licence: suggested?.licence ?? null,
    };
    const also = suggested?.reference ?? model.name;
    return model.complete ? this.#opened(facts, model.path, offers, also) : { ...this.#plain(facts, also), fit: null };
  }

  async #linkedRow(path: string, offers: readonly Offer[]): Promise<ModelRow> {
    const facts: RowFacts = {
      id: path, title: basename(path), source: 'linked', path, totalBytes: 0, presentBytes: 0, dtype: null, licence: null,
    };
    return this.#opened(facts, path, offers);
  }

  /** Adds what only the model's own files tell. */
  async #opened(facts: RowFacts, path: string, offers: readonly Offer[], also = facts.id): Promise<ModelRow> {
    const row = this.#plain(facts, also);
    const { plans, contextTokens } = this.options;
    try {
      const model = await plans.opened(path);
      const bytes = [...model.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
      const sizes = facts.totalBytes === 0 ? { totalBytes: bytes, presentBytes: bytes } : {};
      return { ...row, ...sizes, fit: await fitting(plans.ofOpened(model, contextTokens(), null), offers) };
    } catch (error) {
      return { ...row, path: null, problem: row.problem ?? describeFailure(error) };
    }
  }

  async #suggestedRow(model: SuggestedModel, offers: readonly Offer[]): Promise<ModelRow> {
    const { reference, title, licence, dtype, outline } = model;
    const facts: RowFacts = {
      id: reference, title, source: 'suggested', path: null, totalBytes: outlinedBytes(outline, dtype), presentBytes: 0, dtype, licence,
    };
    const { plans, contextTokens } = this.options;
    return { ...this.#plain(facts), fit: await fitting(plans.ofSuggested(model, contextTokens()), offers) };
  }

  #namedRow(reference: string): ModelRow {
    return this.#plain({
      id: reference, title: reference, source: 'suggested', path: null, totalBytes: 0, presentBytes: 0, dtype: null, licence: null,
    });
  }

  #plain(facts: RowFacts, also = facts.id): ModelRow {
    const inUse = facts.path !== null && facts.path === this.options.inUse();
    return { ...facts, ...this.#now(facts.id, also), fit: null, inUse };
  }
}

function guideFacts(path: string): RowFacts {
  return { id: 'guide', title: 'Hearth Guide', source: 'guide', path, totalBytes: 0, presentBytes: 0, dtype: null, licence: 'MIT' };
}

/** Null while nobody is known who could hold it. Planning takes a moment: whatever else waits goes first. */
async function fitting(model: PlannedModel, offers: readonly Offer[]): Promise<HomeFit | null> {
  if (offers.length === 0) return null;
  await new Promise((resolve) => setImmediate(resolve));
  return fitsHome(model, offers);
}

/** Whether a model of the cache is what a pull of `reference` brings: a GGUF's name says which file of it was taken. */
function isPulledFrom(name: string, reference: string): boolean {
  const [repo = reference, selection] = reference.split(':');
  if (selection === undefined) return name === reference;
  return name.startsWith(`${repo}:`) && name.toLowerCase().includes(selection.toLowerCase());
}
