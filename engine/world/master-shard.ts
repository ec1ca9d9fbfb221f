import type { OpenedModel } from '../model/opened-model.js';
import { embeddingTable, tokensPerPass } from '../shard/shard-plan.js';
import { planSliceShard, type SliceShardPlan } from '../shard/slice-settings.js';
import type { SoloOptions } from '../shard/solo-settings.js';
import type { Share } from '../slices/block.js';
import type { SliceBlocks } from '../slices/slice-blocks.js';
import type { WorldOptions } from '../world-options.js';
import { threadsFor } from './shared-cores.js';

export interface MasterShardParts {
  model: Pick<OpenedModel, 'config' | 'tensors'>;
  load: SoloOptions;
  world: Pick<WorldOptions, 'worldSize' | 'window' | 'others'>;
  /** In rank order. */
  shares: readonly Share[];
  slice: SliceBlocks;
}

/** Rank 0's shard: besides its share it reads the embedding and makes the logits. */
export function masterShard({ model, load, world, shares, slice }: MasterShardParts): SliceShardPlan {
  const { config, tensors } = model;
  const [share] = shares;
  if (share === undefined) throw new Error('rank 0 always has a share');
  const capacity = Math.min(load.contextTokens, config.maxPositions);
  return planSliceShard({
    config, share, slice, capacity,
    worldSize: world.worldSize,
    window: world.window,
    embedding: embeddingTable(tensors),
    contexts: load.contexts ?? 1,
    kvDtype: load.kvDtype,
    tokensPerPass: tokensPerPass(config, shares, capacity),
    logitRows: load.logitRows ?? 1,
    threads: threadsFor(world, load.threads),
  });
}
