import type { GgufFile } from '../formats/gguf.js';
import { quotedName } from '../formats/quoted-name.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import { checkedConfig } from './checked-config.js';
import { architectureUnsupported, configInvalid, configUnsupported } from './config-refusals.js';
import { GgufFields } from './gguf-fields.js';
import type { ModelConfig, RopeScaling } from './model-config.js';

type GgufArchitecture = 'llama' | 'qwen2' | 'qwen3';

/** Factors by which `rope_freqs.weight` divides RoPE's frequencies: Llama 3's scaling as GGUF stores it. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** Keys of models that share `llama`'s tensors and multiply something by a number of their own. */
const scaleKeys = ['attention.scale', 'logit_scale', 'residual_scale', 'embedding_scale'];

/**
 * Reads what a GGUF file's metadata and tensor list say.
 * @param ropeFactors the values of {@link ROPE_FACTORS}, null where the file has no such tensor.
 * @throws ModelUnusableError MODEL_ARCHITECTURE_UNSUPPORTED, MODEL_CONFIG_UNSUPPORTED, MODEL_CONFIG_INVALID.
 */
export function parseGgufConfig(
  { metadata, tensors }: Pick<GgufFile, 'metadata' | 'tensors'>, file: string, ropeFactors: readonly number[] | null,
): ModelConfig {
  const architecture = readArchitecture(metadata.get('general.architecture'), file);
  const fields = new GgufFields(metadata, file, architecture);
  refuseUncomputed(fields);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const dim = fields.required('embedding_length');
  const nHeads = fields.perLayer('attention.head_count') ?? fields.required('attention.head_count');
  const headDim = readHeadDim(fields, dim / nHeads);
  return checkedConfig({
    architecture,
    dim,
    nLayers: fields.required('block_count'),
    nHeads,
    nKvHeads: fields.perLayer('attention.head_count_kv') ?? nHeads,
    headDim,
    ffnDim: fields.perLayer('feed_forward_length') ?? fields.required('feed_forward_length'),
    vocab: readVocab(byName.get('token_embd.weight'), fields),
    maxPositions: fields.required('context_length'),
    rmsEps: fields.required('attention.layer_norm_rms_epsilon'),
    ropeTheta: fields.number('rope.freq_base') ?? 10_000,
    ropeScaling: readScaling(fields, headDim, ropeFactors),
    // GGUF's converter reorders the rows of q and k for llama only.
    ropeStyle: architecture === 'llama' ? 'interleaved' : 'half-split',
    slidingWindow: fields.number('attention.sliding_window') ?? 0,
    qkvBias: architecture === 'qwen2' || byName.has('blk.0.attn_q.bias'),
    outputBias: byName.has('blk.0.attn_output.bias'),
    qkNorm: architecture === 'qwen3',
    tiedEmbeddings: !byName.has('output.weight'),
  }, file);
}

function readArchitecture(name: unknown, file: string): GgufArchitecture {
  if (name === 'llama' || name === 'qwen2' || name === 'qwen3') return name;
  throw architectureUnsupported(file, typeof name === 'string' ? quotedName(name) : '(no general.architecture)');
}

/** Leaving out a step that the file was made for would give wrong answers without a word. */
function refuseUncomputed(fields: GgufFields): void {
  const { file, architecture } = fields;
  if ((fields.number('expert_count') ?? 0) > 0) throw configUnsupported(file, 'it is a mixture of experts');
  if (fields.value('attention.causal') === false) throw configUnsupported(file, 'it is not a model that writes text');
  for (const key of scaleKeys) {
    if ((fields.number(key) ?? 0) !== 0) throw configUnsupported(file, `it scales by ${architecture}.${key}`);
  }
}

function readHeadDim(fields: GgufFields, otherwise: number): number {
  const headDim = fields.number('attention.key_length') ?? otherwise;
  const valueLength = fields.number('attention.value_length') ?? headDim;
  if (valueLength !== headDim) throw configUnsupported(fields.file, 'its keys and values differ in size');
  const rotated = fields.number('rope.dimension_count') ?? headDim;
  if (rotated !== headDim) {
    throw configUnsupported(fields.file, `its RoPE turns ${rotated} of the ${headDim} values of a head`);
  }
  return headDim;
}

function readVocab(embedding: TensorEntry | undefined, fields: GgufFields): number {
  const [vocab, cols] = embedding?.shape ?? [];
  if (vocab !== undefined && cols !== undefined) return vocab;
  throw configInvalid(fields.file, 'it has no matrix token_embd.weight');
}

function readScaling(fields: GgufFields, headDim: number, factors: readonly number[] | null): RopeScaling | null {
  const linear = readLinearFactor(fields);
  if (factors === null) return linear === 1 ? null : { type: 'linear', factor: linear };
  if (factors.length !== headDim / 2) {
    throw configInvalid(fields.file, `its ${ROPE_FACTORS} holds ${factors.length} values, not ${headDim / 2}`);
  }
  if (factors.some((factor) => !(factor > 0) || !Number.isFinite(factor))) {
    throw configInvalid(fields.file, `its ${ROPE_FACTORS} holds a value that is not above 0`);
  }
  return { type: 'factors', factors: factors.map((factor) => factor * linear) };
}

/** 1 where positions are not scaled. Files without a scaling type mean linear (GGUF's specification). */
function readLinearFactor(fields: GgufFields): number {
  const type = fields.text('rope.scaling.type') ?? 'linear';
  if (type !== 'none' && type !== 'linear') {
    const advice = 'Use a model with RoPE scaling none or linear.';
    throw configUnsupported(fields.file, `its RoPE scaling ${quotedName(type)} is not supported`, advice);
  }
  // `scale_linear` is the older key. A factor of 0 stands for none.
  const factor = fields.number('rope.scaling.factor') ?? fields.number('rope.scale_linear') ?? 0;
  if (type === 'none' || factor === 0) return 1;
  if (!(factor > 0) || !Number.isFinite(factor)) throw configInvalid(fields.file, `it scales RoPE by ${factor}`);
  return factor;
}
