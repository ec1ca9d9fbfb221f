import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensorsHeader } from '../../../engine/formats/safetensors.js';
import { encodeGguf, f32, text, texts, u32, type EncodedTensor, type Typed } from '../formats/gguf-encoder.js';

/** Shapes of a two-layer Llama: dim 32, 4 heads of 8, 2 key-value heads, ffn 64, vocabulary 48. */
const layer: Record<string, number[]> = {
  'input_layernorm.weight': [32],
  'self_attn.q_proj.weight': [32, 32],
  'self_attn.k_proj.weight': [16, 32],
  'self_attn.v_proj.weight': [16, 32],
  'self_attn.o_proj.weight': [32, 32],
  'post_attention_layernorm.weight': [32],
  'mlp.gate_proj.weight': [64, 32],
  'mlp.up_proj.weight': [64, 32],
  'mlp.down_proj.weight': [32, 64],
};

export type Shapes = Record<string, number[]>;

export function llamaShapes(): Shapes {
  const shapes: Shapes = {
    'model.embed_tokens.weight': [48, 32],
    'model.norm.weight': [32],
    'lm_head.weight': [48, 32],
  };
  for (const i of [0, 1])
    for (const [name, shape] of Object.entries(layer)) shapes[`model.layers.${i}.${name}`] = shape;
  return shapes;
}

export const llamaConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 48,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

/** A safetensors file of F32 tensors whose values count up from `seed`. */
export function safetensorsOf(shapes: Shapes, seed = 0): Buffer {
  const parts = Object.entries(shapes).map(([name, shape]) => ({
    name,
    dtype: 'F32',
    shape,
    bytes: 4 * product(shape),
  }));
  const values = Float32Array.from(
    { length: parts.reduce((sum, { bytes }) => sum + bytes / 4, 0) },
    (_, i) => seed + i,
  );
  return Buffer.concat([
    encodeSafetensorsHeader(parts, { format: 'pt', note: 'n'.repeat(200) }, { alignTo: 64 }),
    Buffer.from(values.buffer),
  ]);
}

/** Writes files into a new folder; objects become JSON. */
export async function writeFolder(path: string, files: Record<string, object | Buffer | string>): Promise<string> {
  await mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content);
    await writeFile(join(path, name), raw);
  }
  return path;
}

/** The files of a whole tiny model in Hugging Face's layout. */
export function llamaFiles(): Record<string, object | Buffer | string> {
  return {
    'config.json': llamaConfig,
    'tokenizer.json': { model: {} },
    'model.safetensors': safetensorsOf(llamaShapes()),
  };
}

const ggufLayer: Record<string, number[]> = {
  attn_norm: [32],
  attn_q: [32, 32],
  attn_k: [32, 16],
  attn_v: [32, 16],
  attn_output: [32, 32],
  ffn_norm: [32],
  ffn_gate: [32, 64],
  ffn_up: [32, 64],
  ffn_down: [64, 32],
};

export function ggufTensor(name: string, ...lengths: number[]): EncodedTensor {
  return { name, type: 0, lengths, data: Buffer.alloc(4 * product(lengths)) };
}

export function ggufTensors(): EncodedTensor[] {
  const tensors = [ggufTensor('token_embd.weight', 32, 48), ggufTensor('output_norm.weight', 32)];
  for (const i of [0, 1]) {
    for (const [name, lengths] of Object.entries(ggufLayer))
      tensors.push(ggufTensor(`blk.${i}.${name}.weight`, ...lengths));
  }
  return tensors;
}

export function ggufMetadata(architecture = 'llama'): Record<string, Typed> {
  return {
    'general.architecture': text(architecture),
    [`${architecture}.block_count`]: u32(2),
    [`${architecture}.context_length`]: u32(128),
    [`${architecture}.embedding_length`]: u32(32),
    [`${architecture}.feed_forward_length`]: u32(64),
    [`${architecture}.attention.head_count`]: u32(4),
    [`${architecture}.attention.head_count_kv`]: u32(2),
    [`${architecture}.attention.layer_norm_rms_epsilon`]: f32(1e-5),
    'tokenizer.ggml.tokens': texts(Array.from({ length: 48 }, (_, i) => `t${i}`)),
  };
}

export function ggufBytes(metadata = ggufMetadata(), tensors = ggufTensors()): Buffer {
  return encodeGguf({ metadata, tensors });
}

/** A copy of the object that lacks one key. */
export function without<T>(all: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== key));
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((result, length) => result * length, 1);
}
