import type { OpenedModel } from '../model/opened-model.js';
import { partition } from '../slices/partition.js';
import { mostContexts } from '../wire/messages.js';
import { kvCacheBytes } from './kv-cache.js';
import { shardMemory } from './shard-plan.js';
import { hasQuantisedLayers, soloSettings, type SoloOptions } from './solo-settings.js';

type Load = Omit<SoloOptions, 'contexts'>;

/** Without a budget: as many chats as take turns in a home, and not more than this share of what is left free. */
const mostByDefault = 4;
const shareByDefault = 1 / 4;

/** How many contexts of the KV cache each node of a run has room for within `budget` bytes; at least one. Pure. */
export function contextsWithin(model: OpenedModel, load: Load, ratio: readonly number[], budget: number): number {
  const { config } = model;
  const quantised = hasQuantisedLayers(model, load.dtype);
  const capacity = Math.min(load.contextTokens, config.maxPositions);
  const largest = Math.max(...partition(config, ratio, { quantised }).map((share) => kvCacheBytes(config, share, capacity, load.kvDtype)));
  return Math.max(1, Math.min(mostContexts, Math.floor(budget / largest)));
}

/**
 * How many contexts suit a machine that holds all of the model, on however many nodes, where nobody said: one, and more
 * from a share of the memory that it leaves free. Pure.
 *
 * @param available bytes that may still be taken
 * @param resident all weights stay in memory
 */
export function contextsByDefault(model: OpenedModel, load: Load, available: number, resident: boolean): number {
  const { weights, kvCache, activations } = shardMemory(soloSettings(model, load));
  const left = available - (resident ? weights : 0) - kvCache - activations;
  const more = Math.floor((left * shareByDefault) / kvCache);
  return Math.max(1, Math.min(mostByDefault, 1 + more));
}
