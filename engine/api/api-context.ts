import type { GrammarShelf } from './grammar-shelf.js';
import type { RequestQueue } from './request-queue.js';
import type { ServedModel } from './served-model.js';
import type { ServerMetrics } from './server-metrics.js';
import { ApiError } from './api-error.js';

/** What every route works with. */
export interface ApiContext {
  model: ServedModel;
  /** The name clients ask for. */
  modelId: string;
  /** Unix time (s) since which the model is served. */
  created: number;
  queue: RequestQueue;
  metrics: ServerMetrics;
  grammars: GrammarShelf;
}

/** @throws ApiError 404 when a client asks for another model */
export function checkModelId(context: ApiContext, asked: string): void {
  if (asked === context.modelId) return;
  const shown = asked.slice(0, 200);
  throw new ApiError(404, `The model '${shown}' does not exist; this server has '${context.modelId}'.`, {
    param: 'model', code: 'model_not_found',
  });
}
