import { findModel } from '../../engine/catalogue/model-cache.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import type { HeldWeights } from '../../engine/memory/window-choice.js';
import { openModel } from '../../engine/model/model-folder.js';
import type { OpenedModel } from '../../engine/model/opened-model.js';
import { plannedModel, sizedModel, type SizedModel } from './sized-model.js';
import type { SuggestedModel } from './suggested-models.js';

/** So many ways to plan models are kept: a slider asks for many windows of one model. */
const mostPlans = 64;

/**
 * Models as the planner looks at them. Each is kept, since what its shares need is worked out once for it, and whoever moves
 * a slider asks again and again.
 */
export class ModelPlans {
  readonly #opened = new Map<string, Promise<OpenedModel>>();
  readonly #planned = new Map<string, PlannedModel>();

  /** A model of this disk. @throws ModelUnusableError, or what is wrong with its name */
  async opened(nameOrPath: string): Promise<OpenedModel> {
    const path = await findModel(nameOrPath);
    const opening = this.#opened.get(path) ?? openModel(path);
    this.#opened.set(path, opening);
    // One that cannot be opened may be put right.
    opening.catch(() => this.#opened.delete(path));
    return opening;
  }

  ofOpened(model: OpenedModel, contextTokens: number, held: HeldWeights | null): PlannedModel {
    return this.#kept(model.path, model, contextTokens, held);
  }

  ofSuggested({ reference, title, outline, dtype }: SuggestedModel, contextTokens: number): PlannedModel {
    return this.#kept(reference, sizedModel(title, outline, dtype), contextTokens, null);
  }

  /** Files at this path may have changed. */
  forget(path: string): void {
    this.#opened.delete(path);
    for (const key of this.#planned.keys()) if (key.startsWith(`${path}\n`)) this.#planned.delete(key);
  }

  #kept(id: string, model: SizedModel, contextTokens: number, held: HeldWeights | null): PlannedModel {
    const key = `${id}\n${contextTokens} ${JSON.stringify(held)}`;
    const planned = this.#planned.get(key) ?? plannedModel(model, contextTokens, held);
    this.#planned.delete(key);
    this.#planned.set(key, planned);
    const [oldest] = this.#planned.keys();
    if (this.#planned.size > mostPlans && oldest !== undefined) this.#planned.delete(oldest);
    return planned;
  }
}
