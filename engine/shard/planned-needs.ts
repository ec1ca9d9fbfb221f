import type { Dtype } from '../formats/dtype.js';
import type { OpenedModel } from '../model/opened-model.js';
import { blockLayout, mostPieceRows, outputBlocks, type DtypeOf } from '../slices/block-layout.js';
import type { Block, Share } from '../slices/block.js';
import { activationLayout, prefillTokens } from './activations.js';
import { embeddingRowBytes } from './embedding.js';
import { kvCacheBytes, type KvDtype } from './kv-cache.js';
import { embeddingTable } from './shard-plan.js';
import { workingBytes } from './slice-settings.js';
import { dtypeOf } from './solo-settings.js';

/**
 * What a node's process grows by after its size was told, besides {@link workingBytes}: a compute thread with a heap and code
 * of its own, connections to other nodes, garbage of the main thread. Measured on homes of 1, 2 and 3 laptops with the guide and
 * with SmolLM2-135M, where what was predicted with it was 0.95 to 1.08 times what was measured.
 */
const startedBytes = 24 * 2 ** 20;

/** What a share of this model will need on a laptop, before anybody is asked to load it. Bytes. */
export interface PlannedNeeds {
  blocks: readonly Block[];
  kvCache: number;
  activations: number;
  working: number;
}

/**
 * Works out what any share of a model needs: the same layouts that a shard then allocates. Activations are those of the
 * longest pass this share alone would allow; a run's passes follow its widest share and are never longer. Pure.
 */
export function plannedNeeds(
  model: OpenedModel, load: { dtype: Dtype | null; contextTokens: number; contexts?: number; kvDtype: KvDtype; logitRows: number },
): (share: Share, isMaster: boolean) => PlannedNeeds {
  const { config, tensors } = model;
  const typeOf = dtypeOf(model, load.dtype);
  const capacity = Math.min(load.contextTokens, config.maxPositions);
  const row = embeddingRowBytes(embeddingTable(tensors));
  const blocksOf = repeatedLayout(model, typeOf);
  return (share, isMaster) => ({
    blocks: blocksOf(share, isMaster),
    kvCache: kvCacheBytes(config, share, capacity, load.kvDtype, load.contexts),
    activations: activationLayout(
      config, share, prefillTokens(config, share, capacity), isMaster ? load.logitRows : 0, isMaster ? row : 0,
    ).bytes,
    working: workingBytes + startedBytes,
  });
}

/**
 * The layout of a share with each kind of layer laid out once and repeated: a plan looks at hundreds of shares, and most
 * models have one kind of layer, of equal types. Blocks of equal layers are one object, under the name of the first; and
 * heads that are cut into equal pieces are one too.
 */
function repeatedLayout(model: OpenedModel, typeOf: DtypeOf): (share: Share, isMaster: boolean) => Block[] {
  const { config, tensors } = model;
  const kinds = new Map<string, number>();
  const kindOfLayer: number[] = [];
  const first: number[] = [];
  for (let layer = 0; layer < config.nLayers; layer++) {
    const types = layerTypes(layer, typeOf);
    const kind = kinds.get(types) ?? kinds.size;
    if (!kinds.has(types)) first.push(layer);
    kinds.set(types, kind);
    kindOfLayer.push(kind);
  }
  const oneOfEach = { config: { ...config, nLayers: kinds.size }, tensors };
  const typeOfKind: DtypeOf = (name) =>
    typeOf(name.replace(/^model\.layers\.(\d+)\./, (_, kind: string) => `model.layers.${first[Number(kind)] ?? 0}.`));
  const heads = new Map<number, Block[]>();
  const headIn = (mostRows: number): Block[] => {
    const known = heads.get(mostRows) ?? outputBlocks(model, typeOf, mostRows);
    heads.set(mostRows, known);
    return known;
  };
  return (share, isMaster) => {
    const blocks = blockLayout(oneOfEach, share, typeOfKind, { isMaster: false });
    const layers = kindOfLayer.flatMap((kind) => blocks.slice(2 * kind, 2 * kind + 2));
    return isMaster ? [...layers, ...headIn(mostPieceRows(model, typeOf, blocks))] : layers;
  };
}

const matrices = [
  'self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj',
];

function layerTypes(layer: number, typeOf: DtypeOf): string {
  return matrices.map((name) => typeOf(`model.layers.${layer}.${name}.weight`)).join(' ');
}
