import { basename } from 'node:path';
import { sayingOf } from '../../engine/errors.js';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { filesOf } from '../../engine/catalogue/entry-files.js';
import type { Offer } from '../../engine/cluster/plan.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import { fitsHome, type HomeFit } from './home-fit.js';
import type { ModelPlans } from './model-plans.js';
import type { ModelRow } from './model-row.js';
import type { ModelWork } from './model-work.js';
import { isPulledFrom } from './pulled-from.js';
import { outlinedBytes } from './sized-model.js';
import { suggestedModels, type SuggestedModel } from './suggested-models.js';

/** What rows are made from beside the models themselves. */
export interface RowMaking {
  plans: ModelPlans;
  work: ModelWork;
  contextTokens: () => number;
  /** Path of the model that this laptop leads its home with. */
  inUse: () => string | null;
}

/** What a row is without its work, its fit and its place in the home. */
type RowFacts = Omit<ModelRow, 'activity' | 'problem' | 'fit' | 'inUse'>;

const nothingKnown = { path: null, totalBytes: 0, presentBytes: 0, diskBytes: 0, dtype: null, licence: null };

/** Makes the models page's rows; each says how it fits a home of these offers. */
export class ModelRows {
  constructor(private readonly making: RowMaking, private readonly offers: readonly Offer[]) {}

  guide(path: string): Promise<ModelRow> {
    return this.#opened({ ...nothingKnown, id: 'guide', title: 'Hearth Guide', source: 'guide', path, licence: 'MIT' }, path);
  }

  async cached(model: CachedModel): Promise<ModelRow> {
    const suggested = suggestedModels.find(({ reference }) => isPulledFrom(model.name, reference));
    const facts: RowFacts = {
      id: model.name, title: suggested?.title ?? model.name, source: 'cache', path: model.complete ? model.path : null,
      totalBytes: model.totalBytes, presentBytes: model.presentBytes, dtype: model.dtype, licence: suggested?.licence ?? null,
      diskBytes: (await filesOf(model.entry)).reduce((sum, { size }) => sum + size, 0),
    };
    return model.complete ? this.#opened(facts, model.path) : this.#plain(facts);
  }

  linked(path: string): Promise<ModelRow> {
    return this.#opened({ ...nothingKnown, id: path, title: basename(path), source: 'linked', path }, path);
  }

  async suggested(model: SuggestedModel): Promise<ModelRow> {
    const { reference, title, licence, dtype, outline } = model;
    const facts: RowFacts = {
      id: reference, title, source: 'suggested', path: null, totalBytes: outlinedBytes(outline, dtype), presentBytes: 0, diskBytes: 0, dtype, licence,
    };
    const { plans, contextTokens } = this.making;
    return { ...this.#plain(facts), fit: await fitting(plans.ofSuggested(model, contextTokens()), this.offers) };
  }

  /** A model of which nothing is known yet but what it is called. */
  named(reference: string): ModelRow {
    return this.#plain({ ...nothingKnown, id: reference, title: reference, source: 'suggested' });
  }

  /** Adds what only the model's own files tell. */
  async #opened(facts: RowFacts, path: string): Promise<ModelRow> {
    const row = this.#plain(facts);
    const { plans, contextTokens } = this.making;
    try {
      const model = await plans.opened(path);
      const bytes = [...model.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
      const sizes = facts.totalBytes === 0 ? { totalBytes: bytes, presentBytes: bytes } : {};
      return { ...row, ...sizes, fit: await fitting(plans.ofOpened(model, contextTokens(), null), this.offers) };
    } catch (error) {
      return { ...row, path: null, problem: row.problem ?? sayingOf(error) };
    }
  }

  #plain(facts: RowFacts): ModelRow {
    const inUse = facts.path !== null && facts.path === this.making.inUse();
    return { ...facts, ...this.making.work.of(facts.id), fit: null, inUse };
  }
}

/** Null while nobody is known who could hold it. Planning takes a moment: whatever else waits goes first. */
async function fitting(model: PlannedModel, offers: readonly Offer[]): Promise<HomeFit | null> {
  if (offers.length === 0) return null;
  await new Promise((resolve) => setImmediate(resolve));
  return fitsHome(model, offers);
}
