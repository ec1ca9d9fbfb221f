import { dtypeBytes, isQuantised, type Dtype } from '../../engine/formats/dtype.js';
import type { TensorEntry } from '../../engine/formats/tensor-entry.js';
import type { HeldWeights } from '../../engine/memory/window-choice.js';
import type { ModelConfig } from '../../engine/model/model-config.js';
import type { OpenedModel } from '../../engine/model/opened-model.js';
import type { PlannedModel } from '../../engine/cluster/share-cost.js';
import { plannedNeeds } from '../../engine/shard/planned-needs.js';

/** What must be known of a model to say where it fits, whether or not it is here. */
export interface SizedModel {
  name: string;
  config: ModelConfig;
  tensors: ReadonlyMap<string, Pick<TensorEntry, 'dtype'>>;
}

/** The sizes of a model that is not here yet, in the field's letters. Counts. */
export interface ModelOutline {
  architecture: ModelConfig['architecture'];
  dim: number;
  nLayers: number;
  nHeads: number;
  nKvHeads: number;
  headDim: number;
  ffnDim: number;
  vocab: number;
  maxPositions: number;
  tiedEmbeddings: boolean;
}

/** A model known by its outline alone: all its matrices of one type, the norms in F32. */
export function sizedModel(name: string, outline: ModelOutline, dtype: Dtype): SizedModel {
  const config: ModelConfig = {
    ...outline, rmsEps: 1e-5, ropeTheta: 10_000, ropeScaling: null, ropeStyle: 'half-split', slidingWindow: 0,
    qkvBias: outline.architecture === 'qwen2', outputBias: false, qkNorm: outline.architecture === 'qwen3',
  };
  return { name, config, tensors: new OutlinedTensors(config, dtype) };
}

/** Bytes of weights of a model that is not here yet: about what its download takes. */
export function outlinedBytes(outline: ModelOutline, dtype: Dtype): number {
  const { dim, nLayers, nHeads, nKvHeads, headDim, ffnDim, vocab, tiedEmbeddings } = outline;
  const attention = 2 * dim * nHeads * headDim + 2 * dim * nKvHeads * headDim;
  const perLayer = dtypeBytes(dtype, attention + 3 * dim * ffnDim) + 2 * dim * 4;
  return nLayers * perLayer + dtypeBytes(dtype, vocab * dim) * (tiedEmbeddings ? 1 : 2) + dim * 4;
}

/**
 * As the cluster's planner wants it: an F16 KV cache of `contextTokens` positions, one row of logits; `held` is how all laptops
 * are to keep its weights, null as each one's memory allows.
 */
export function plannedModel({ name, config, tensors }: SizedModel, contextTokens: number, held: HeldWeights | null): PlannedModel {
  // Layouts are made from the config and the tensors' types; where a model lies makes no difference to its size.
  const model = { config, tensors } as unknown as OpenedModel;
  const stored = tensors.get('model.layers.0.mlp.up_proj.weight')?.dtype;
  const quantised = stored !== undefined && isQuantised(stored);
  const needsOf = plannedNeeds(model, { dtype: null, contextTokens, kvDtype: 'f16', logitRows: 1 });
  return { name, config, quantised, held, needsOf };
}

/** Every tensor that a model of this outline has. */
class OutlinedTensors extends Map<string, TensorEntry> {
  constructor(private readonly config: ModelConfig, private readonly dtype: Dtype) {
    super();
  }

  override get(name: string): TensorEntry {
    const { vocab, dim } = this.config;
    return { name, dtype: this.dtype, shape: [vocab, dim], file: '', offset: 0, bytes: dtypeBytes(this.dtype, vocab * dim) };
  }

  override has(name: string): boolean {
    return name !== 'lm_head.weight' || !this.config.tiedEmbeddings;
  }
}
