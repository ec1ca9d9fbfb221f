import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSafetensorsHeader } from '../../engine/formats/safetensors.js';

const [dim, heads, kvHeads, headDim, layers, vocab] = [256, 8, 4, 32, 8, 288];
const golden = join(import.meta.dirname, '..', 'golden', 'models', 'llama-gqa');

function tensors(ffn: number): { name: string; shape: [number, number] | [number] }[] {
  const block = (i: number): { name: string; shape: [number, number] | [number] }[] => [
    { name: `model.layers.${i}.input_layernorm.weight`, shape: [dim] },
    { name: `model.layers.${i}.self_attn.q_proj.weight`, shape: [heads * headDim, dim] },
    { name: `model.layers.${i}.self_attn.k_proj.weight`, shape: [kvHeads * headDim, dim] },
    { name: `model.layers.${i}.self_attn.v_proj.weight`, shape: [kvHeads * headDim, dim] },
    { name: `model.layers.${i}.self_attn.o_proj.weight`, shape: [dim, heads * headDim] },
    { name: `model.layers.${i}.post_attention_layernorm.weight`, shape: [dim] },
    { name: `model.layers.${i}.mlp.gate_proj.weight`, shape: [ffn, dim] },
    { name: `model.layers.${i}.mlp.up_proj.weight`, shape: [ffn, dim] },
    { name: `model.layers.${i}.mlp.down_proj.weight`, shape: [dim, ffn] },
  ];
  return [
    { name: 'model.embed_tokens.weight', shape: [vocab, dim] },
    ...Array.from({ length: layers }, (_, i) => block(i)).flat(),
    { name: 'model.norm.weight', shape: [dim] },
    { name: 'lm_head.weight', shape: [vocab, dim] },
  ];
}

/** Floats in (-0.1, 0.1) that vary; the same each time. */
function randomFloats(count: number, seed: number): Float32Array {
  const floats = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    floats[i] = (state / 2 ** 32 - 0.5) * 0.2;
  }
  return floats;
}

/**
 * A model of 33 MB of random weights, or more with more FFN columns, that goes on for thousands of tokens: its slices take a moment to make, fetch and
 * load, and its answers last for as long as a test needs to disturb them.
 */
export function writeRandomModel(folder: string, ffn = 1024): string {
  mkdirSync(folder, { recursive: true });
  const all = tensors(ffn).map((tensor) => ({ ...tensor, count: tensor.shape.reduce((a, b) => a * b, 1) }));
  const header = encodeSafetensorsHeader(
    all.map(({ name, shape, count }) => ({ name, dtype: 'F32', shape, bytes: count * 4 })), {}, { alignTo: 64 },
  );
  const data = all.map(({ name, shape, count }, index) => {
    const values = shape.length === 1 ? new Float32Array(count).fill(1) : randomFloats(count, index + 1);
    // No row of the head for the special tokens: they are never the best, so no answer ends early.
    if (name === 'lm_head.weight') values.fill(0, 0, 8 * dim);
    return Buffer.from(values.buffer);
  });
  writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([header, ...data]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({
    model_type: 'llama', architectures: ['LlamaForCausalLM'], hidden_act: 'silu', hidden_size: dim, num_attention_heads: heads,
    num_key_value_heads: kvHeads, head_dim: headDim, intermediate_size: ffn, num_hidden_layers: layers, vocab_size: vocab,
    max_position_embeddings: 16_384, rms_norm_eps: 1e-5, rope_theta: 10_000, torch_dtype: 'float32', tie_word_embeddings: false,
    bos_token_id: 1, eos_token_id: 2,
  }));
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(golden, file), join(folder, file));
  return folder;
}
