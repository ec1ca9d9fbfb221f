import { ModelUnusableError } from '../errors.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { ModelConfig } from './model-config.js';

export interface RequiredTensor {
  /** Hugging Face's canonical name. */
  name: string;
  shape: readonly number[];
}

/** Every tensor a model of this config is made of, in the order in which a token meets them. */
export function* requiredTensors(config: ModelConfig): Generator<RequiredTensor> {
  const { dim, nLayers, vocab } = config;
  yield { name: 'model.embed_tokens.weight', shape: [vocab, dim] };
  for (let layer = 0; layer < nLayers; layer++) {
    const prefix = `model.layers.${layer}.`;
    yield { name: `${prefix}input_layernorm.weight`, shape: [dim] };
    yield* attentionTensors(config, `${prefix}self_attn.`);
    yield { name: `${prefix}post_attention_layernorm.weight`, shape: [dim] };
    yield* ffnTensors(config, `${prefix}mlp.`);
  }
  yield { name: 'model.norm.weight', shape: [dim] };
  if (!config.tiedEmbeddings) yield { name: 'lm_head.weight', shape: [vocab, dim] };
}

function* attentionTensors(config: ModelConfig, prefix: string): Generator<RequiredTensor> {
  const { dim, headDim } = config;
  const rows = { q: config.nHeads * headDim, k: config.nKvHeads * headDim, v: config.nKvHeads * headDim };
  for (const part of ['q', 'k', 'v'] as const) {
    yield { name: `${prefix}${part}_proj.weight`, shape: [rows[part], dim] };
    if (config.qkvBias) yield { name: `${prefix}${part}_proj.bias`, shape: [rows[part]] };
  }
  if (config.qkNorm) {
    yield { name: `${prefix}q_norm.weight`, shape: [headDim] };
    yield { name: `${prefix}k_norm.weight`, shape: [headDim] };
  }
  yield { name: `${prefix}o_proj.weight`, shape: [dim, rows.q] };
  if (config.outputBias) yield { name: `${prefix}o_proj.bias`, shape: [dim] };
}

function* ffnTensors({ dim, ffnDim }: ModelConfig, prefix: string): Generator<RequiredTensor> {
  yield { name: `${prefix}gate_proj.weight`, shape: [ffnDim, dim] };
  yield { name: `${prefix}up_proj.weight`, shape: [ffnDim, dim] };
  yield { name: `${prefix}down_proj.weight`, shape: [dim, ffnDim] };
}

/**
 * Picks the tensors that the config needs and checks their shapes; others are left out.
 * @param source file or folder named when a tensor is missing.
 * @param shownName the name by which the file itself calls a tensor.
 * @throws ModelUnusableError MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE.
 */
export function pickTensors(
  config: ModelConfig,
  found: ReadonlyMap<string, TensorEntry>,
  source: string,
  shownName: (canonical: string) => string = (name) => name,
): Map<string, TensorEntry> {
  const picked = new Map<string, TensorEntry>();
  for (const { name, shape } of requiredTensors(config)) {
    const entry = found.get(name);
    if (entry === undefined) {
      throw new ModelUnusableError(
        'MODEL_TENSOR_MISSING', source, `tensor ${shownName(name)}, which its config needs, is missing`,
        'Download the model again.', { values: { tensor: shownName(name) } },
      );
    }
    if (entry.shape.length !== shape.length || entry.shape.some((length, i) => length !== shape[i])) {
      throw new ModelUnusableError(
        'MODEL_TENSOR_SHAPE', entry.file,
        `tensor ${shownName(name)} has shape [${entry.shape.join(', ')}] where its config needs [${shape.join(', ')}]`,
        'Download the model again, config and weights together.', { values: { tensor: shownName(name) } },
      );
    }
    picked.set(name, entry);
  }
  return picked;
}
