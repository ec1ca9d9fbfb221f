import { isQuantised, type Dtype } from '../formats/dtype.js';
import { plannedDtype } from '../model/conversions.js';
import type { OpenedModel } from '../model/opened-model.js';
import { ropeFrequencies } from '../model/rope-frequencies.js';
import { blockLayout } from '../slices/block-layout.js';
import { partition } from '../slices/partition.js';
import type { KvDtype } from './kv-cache.js';
import { embeddingTable, tokensPerPass } from './shard-plan.js';
import type { ShardSettings } from './shard-settings.js';

export interface SoloOptions {
  /** Convert on load; null keeps the checkpoint's types. */
  dtype: Dtype | null;
  /** Compute threads; null = physical cores. */
  threads: number | null;
  /** Positions (prompt and answer) to make room for; at most the model's. */
  contextTokens: number;
  /** Contexts of the KV cache: so many chats can take turns without being read again. One if left out. */
  contexts?: number;
  kvDtype: KvDtype;
  /** Most rows of logits of one pass. */
  logitRows?: number;
}

/** The type a checkpoint's tensor has in memory. */
export function dtypeOf(model: Pick<OpenedModel, 'tensors'>, asked: Dtype | null): (name: string) => Dtype {
  return (name) => {
    const entry = model.tensors.get(name);
    if (entry === undefined) throw new Error(`the model has no tensor ${name}`);
    return plannedDtype(entry, asked);
  };
}

/** Whether any product of the layers has quantised weights: where it may be cut depends on it. */
export function hasQuantisedLayers(model: Pick<OpenedModel, 'tensors'>, asked: Dtype | null): boolean {
  const typeOf = dtypeOf(model, asked);
  return [...model.tensors.keys()].some((name) => name.includes('.layers.') && isQuantised(typeOf(name)));
}

/** One node holds everything, read straight from the checkpoint. Pure. */
export function soloSettings(model: OpenedModel, options: SoloOptions): ShardSettings {
  const { config, tensors } = model;
  const shares = partition(config, [1], { quantised: false });
  const [share] = shares;
  if (share === undefined) throw new Error('a partition over one node has one share');
  const capacity = Math.min(options.contextTokens, config.maxPositions);
  return {
    config,
    share,
    worldSize: 1,
    blocks: blockLayout(model, share, dtypeOf(model, options.dtype), { isMaster: true, headPieceBytes: Number.MAX_SAFE_INTEGER }),
    weights: { kind: 'checkpoint', tensors: [...tensors.values()] },
    embedding: embeddingTable(tensors),
    frequencies: ropeFrequencies(config),
    capacity,
    contexts: options.contexts ?? 1,
    kvDtype: options.kvDtype,
    tokensPerPass: tokensPerPass(config, shares, capacity),
    logitRows: options.logitRows ?? 1,
    threads: options.threads,
  };
}
