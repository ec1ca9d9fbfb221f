import { z } from 'zod';
import { quotedName } from '../formats/quoted-name.js';
import { huggingFaceClasses, isArchitecture } from './architectures.js';
import { checkedConfig } from './checked-config.js';
import { architectureUnsupported, configInvalid, configUnsupported } from './config-refusals.js';
import { parseRope } from './hugging-face-rope.js';
import type { ModelConfig } from './model-config.js';

/** What `transformers` 5.23 assumes where config.json is silent: the config class of each `model_type`. */
const defaults = {
  llama: { vocab_size: 32000, intermediate_size: 11008, max_position_embeddings: 2048 },
  mistral: {
    vocab_size: 32000, intermediate_size: 14336, max_position_embeddings: 131072, num_key_value_heads: 8,
    sliding_window: 4096,
  },
  qwen2: {
    vocab_size: 151936, intermediate_size: 22016, max_position_embeddings: 32768, num_key_value_heads: 32,
    sliding_window: 4096,
  },
  qwen3: {
    vocab_size: 151936, intermediate_size: 22016, max_position_embeddings: 32768, num_key_value_heads: 32,
    sliding_window: 4096, head_dim: 128,
  },
} as const satisfies Record<ModelConfig['architecture'], Partial<Fields>>;

const schema = z.object({
  vocab_size: z.number(),
  hidden_size: z.number().default(4096),
  intermediate_size: z.number(),
  num_hidden_layers: z.number().default(32),
  num_attention_heads: z.number().default(32),
  num_key_value_heads: z.number().nullish(),
  head_dim: z.number().nullish(),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: z.number(),
  rms_norm_eps: z.number().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: z.number().nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().default(28),
  layer_types: z.array(z.string()).nullish(),
  rope_theta: z.number().nullish(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
  partial_rotary_factor: z.number().nullish(),
  original_max_position_embeddings: z.number().nullish(),
});

type Fields = z.infer<typeof schema>;

/**
 * Reads a parsed config.json, with the defaults of `transformers`.
 * @param file path of the config.json, named in refusals.
 * @throws ModelUnusableError MODEL_ARCHITECTURE_UNSUPPORTED, MODEL_CONFIG_UNSUPPORTED, MODEL_CONFIG_INVALID.
 */
export function parseHuggingFaceConfig(raw: Record<string, unknown>, file: string): ModelConfig {
  const architecture = readArchitecture(raw, file);
  refuseQuantised(raw, file);
  const fields = readFields({ ...defaults[architecture], ...raw }, file);
  if (fields.hidden_act !== 'silu' && fields.hidden_act !== 'swish') {
    throw configUnsupported(file, `its activation ${quotedName(fields.hidden_act)} is not silu`);
  }
  const hasBiasOption = architecture === 'llama' || architecture === 'qwen3';
  if (architecture === 'llama' && fields.mlp_bias) throw configUnsupported(file, 'its feed-forward blocks have biases');
  const rope = parseRope(fields, fields.max_position_embeddings, file);
  return checkedConfig({
    architecture,
    dim: fields.hidden_size,
    nLayers: fields.num_hidden_layers,
    nHeads: fields.num_attention_heads,
    nKvHeads: fields.num_key_value_heads ?? fields.num_attention_heads,
    headDim: readHeadDim(fields, file),
    ffnDim: fields.intermediate_size,
    vocab: fields.vocab_size,
    maxPositions: fields.max_position_embeddings,
    rmsEps: fields.rms_norm_eps,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    ropeStyle: 'half-split',
    slidingWindow: architecture === 'llama' ? 0 : readSlidingWindow(architecture, fields, file),
    qkvBias: architecture === 'qwen2' || (hasBiasOption && fields.attention_bias),
    outputBias: hasBiasOption && fields.attention_bias,
    qkNorm: architecture === 'qwen3',
    tiedEmbeddings: fields.tie_word_embeddings,
  }, file);
}

function readArchitecture(raw: Record<string, unknown>, file: string): ModelConfig['architecture'] {
  const { model_type: modelType, architectures } = raw;
  const named: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (!isArchitecture(modelType)) {
    const shown = [modelType, named].find((name) => typeof name === 'string');
    throw architectureUnsupported(file, shown === undefined ? '(none is named)' : quotedName(shown));
  }
  // A classifier or a reward model has the same body and another head.
  if (named !== undefined && named !== huggingFaceClasses[modelType]) {
    throw architectureUnsupported(file, quotedName(typeof named === 'string' ? named : typeof named));
  }
  return modelType;
}

function refuseQuantised(raw: Record<string, unknown>, file: string): void {
  const quantisation = raw['quantization_config'];
  if (quantisation === undefined || quantisation === null) return;
  const method = (quantisation as Record<string, unknown>)['quant_method'];
  throw configUnsupported(
    file,
    `its weights are quantised (${typeof method === 'string' ? quotedName(method) : 'quantization_config'})`,
    'Use the unquantised version and ask for --dtype q8_0 or q4_0, or use a GGUF file.',
  );
}

function readFields(raw: Record<string, unknown>, file: string): Fields {
  const read = schema.safeParse(raw);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw configInvalid(file, `its field ${issue?.path.join('.') ?? ''} is wrong (${issue?.message ?? 'invalid'})`);
}

function readHeadDim(fields: Fields, file: string): number {
  if (fields.head_dim !== undefined && fields.head_dim !== null) return fields.head_dim;
  const headDim = fields.hidden_size / fields.num_attention_heads;
  if (Number.isInteger(headDim)) return headDim;
  const { hidden_size: dim, num_attention_heads: heads } = fields;
  throw configInvalid(file, `its hidden size ${dim} is not a multiple of its ${heads} attention heads`);
}

/** Positions seen, 0 = all. Qwen's switch and its count of layers that see everything decide together. */
function readSlidingWindow(architecture: ModelConfig['architecture'], fields: Fields, file: string): number {
  const window = fields.sliding_window ?? 0;
  if (architecture === 'mistral' || window === 0) return window;
  if (fields.use_sliding_window !== true) return 0;
  const slides = fields.layer_types
    ? fields.layer_types.map((type) => type === 'sliding_attention')
    : Array.from({ length: Math.min(fields.num_hidden_layers, 1e6) }, (_, layer) => layer >= fields.max_window_layers);
  if (!slides.includes(true)) return 0;
  if (!slides.includes(false)) return window;
  throw configUnsupported(file, 'only some of its layers use a sliding window');
}
