import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../../engine/model/model-folder.js';
import { f32, text, u32, type EncodedTensor, type Typed } from '../formats/gguf-encoder.js';
import { expectRefusal } from '../formats/refusal.js';
import { scratchFolder } from '../formats/scratch-folder.js';
import { ggufBytes, ggufMetadata, ggufTensor, ggufTensors, llamaShapes, without } from './tiny-model.js';

const scratch = await scratchFolder();
const open = async (metadata?: Record<string, Typed>, tensors?: EncodedTensor[]) =>
  openModel(await scratch.write('tiny.gguf', ggufBytes(metadata, tensors)));
const refuses = (attempt: Promise<unknown>, code: string, ...parts: string[]) =>
  expectRefusal(attempt, code, 'tiny.gguf', ...parts);
const perLayer = (...made: ((i: number) => EncodedTensor)[]) => [0, 1].flatMap((i) => made.map((make) => make(i)));
const biases = perLayer(
  (i) => ggufTensor(`blk.${i}.attn_q.bias`, 32),
  (i) => ggufTensor(`blk.${i}.attn_k.bias`, 16),
  (i) => ggufTensor(`blk.${i}.attn_v.bias`, 16),
);
const ropeFactors = (...factors: number[]): EncodedTensor => ({
  name: 'rope_freqs.weight',
  type: 0,
  lengths: [factors.length],
  data: Buffer.from(Float32Array.from(factors).buffer),
});

describe('openModel on a GGUF file', () => {
  it("reads llama's config and gives tensors under their canonical names", async () => {
    const model = await open();
    expect(model).toMatchObject({ name: 'tiny', format: 'gguf', tokenizer: { kind: 'gguf' } });
    expect(model.config).toEqual({
      architecture: 'llama',
      dim: 32,
      nLayers: 2,
      nHeads: 4,
      nKvHeads: 2,
      headDim: 8,
      ffnDim: 64,
      vocab: 48,
      maxPositions: 128,
      rmsEps: Math.fround(1e-5),
      ropeTheta: 10000,
      ropeScaling: null,
      ropeStyle: 'interleaved',
      slidingWindow: 0,
      qkvBias: false,
      outputBias: false,
      qkNorm: false,
      tiedEmbeddings: true,
    });
    const shapes = without(llamaShapes(), 'lm_head.weight');
    expect(Object.fromEntries([...model.tensors].map(([name, entry]) => [name, entry.shape]))).toEqual(shapes);
    for (const [name, entry] of model.tensors) expect(entry.name).toBe(name);
  });

  it('has a head of its own where there is an output tensor', async () => {
    const model = await open(ggufMetadata(), [...ggufTensors(), ggufTensor('output.weight', 32, 48)]);
    expect(model.config.tiedEmbeddings).toBe(false);
    expect(model.tensors.get('lm_head.weight')?.shape).toEqual([48, 32]);
  });

  it('reads Qwen2 with biases and Qwen3 with norms, rotated in halves', async () => {
    const qwen2 = await open(ggufMetadata('qwen2'), [...ggufTensors(), ...biases]);
    expect(qwen2.config).toMatchObject({
      architecture: 'qwen2',
      qkvBias: true,
      qkNorm: false,
      ropeStyle: 'half-split',
    });
    const norms = perLayer(
      (i) => ggufTensor(`blk.${i}.attn_q_norm.weight`, 8),
      (i) => ggufTensor(`blk.${i}.attn_k_norm.weight`, 8),
    );
    const qwen3 = await open(ggufMetadata('qwen3'), [...ggufTensors(), ...norms]);
    expect(qwen3.config).toMatchObject({
      architecture: 'qwen3',
      qkvBias: false,
      qkNorm: true,
      ropeStyle: 'half-split',
    });
    expect(qwen3.tensors.get('model.layers.1.self_attn.k_norm.weight')?.shape).toEqual([8]);
  });

  it('takes the head size from key_length', async () => {
    const wide = ggufTensors().map(({ name, lengths }) => {
      const [cols = 0, rows] = lengths;
      if (/attn_[qkv]\.weight/.test(name)) return ggufTensor(name, cols, (rows ?? 0) * 2);
      if (/attn_output\.weight/.test(name)) return ggufTensor(name, cols * 2, rows ?? 0);
      return ggufTensor(name, ...lengths);
    });
    const sizes = {
      'llama.attention.key_length': u32(16),
      'llama.attention.value_length': u32(16),
      'llama.rope.dimension_count': u32(16),
    };
    expect((await open({ ...ggufMetadata(), ...sizes }, wide)).config.headDim).toBe(16);
  });

  it("reads Llama 3's scaling from rope_freqs.weight, alone and with a linear factor", async () => {
    const tensors = [...ggufTensors(), ropeFactors(1, 1.5, 4, 8)];
    expect((await open(ggufMetadata(), tensors)).config.ropeScaling).toEqual({
      type: 'factors',
      factors: [1, 1.5, 4, 8],
    });
    const linear = { ...ggufMetadata(), 'llama.rope.scaling.factor': f32(2) };
    expect((await open(linear, tensors)).config.ropeScaling).toEqual({ type: 'factors', factors: [2, 3, 8, 16] });
    expect((await open(linear)).config.ropeScaling).toEqual({ type: 'linear', factor: 2 });
    expect((await open({ ...linear, 'llama.rope.scaling.type': text('none') })).config.ropeScaling).toBeNull();
  });

  it('takes counts given per layer where they agree', async () => {
    const same: Typed = { type: 'array', of: 'u32', value: [u32(2), u32(2)] };
    const differ: Typed = { type: 'array', of: 'u32', value: [u32(2), u32(4)] };
    expect((await open({ ...ggufMetadata(), 'llama.attention.head_count_kv': same })).config.nKvHeads).toBe(2);
    await refuses(
      open({ ...ggufMetadata(), 'llama.attention.head_count_kv': differ }),
      'MODEL_CONFIG_UNSUPPORTED',
      'differ',
    );
  });

  it('opens a folder that holds one GGUF file and refuses one that holds two', async () => {
    const folder = join(scratch.path, 'folder');
    await mkdir(folder);
    await writeFile(join(folder, 'a.gguf'), ggufBytes());
    expect(await openModel(folder)).toMatchObject({ name: 'a', path: join(folder, 'a.gguf') });
    await writeFile(join(folder, 'b.gguf'), ggufBytes());
    await expectRefusal(openModel(folder), 'MODEL_AMBIGUOUS', 'b.gguf');
  });

  it.each<[string, Record<string, Typed>, string, string]>([
    [
      'an unknown architecture',
      { 'general.architecture': text('gemma2') },
      'MODEL_ARCHITECTURE_UNSUPPORTED',
      '"gemma2"',
    ],
    [
      'an architecture that is a number',
      { 'general.architecture': u32(1) },
      'MODEL_ARCHITECTURE_UNSUPPORTED',
      'Supported',
    ],
    ['one part of a split model', { 'split.count': u32(3) }, 'MODEL_SPLIT_GGUF', '3'],
    ['a mixture of experts', { 'llama.expert_count': u32(8) }, 'MODEL_CONFIG_UNSUPPORTED', 'experts'],
    ['yarn', { 'llama.rope.scaling.type': text('yarn') }, 'MODEL_CONFIG_UNSUPPORTED', '"yarn"'],
    ['a partial RoPE', { 'llama.rope.dimension_count': u32(4) }, 'MODEL_CONFIG_UNSUPPORTED', '4 of the 8'],
    ['values of another size', { 'llama.attention.value_length': u32(4) }, 'MODEL_CONFIG_UNSUPPORTED', 'differ'],
    ['a scale of its own', { 'llama.logit_scale': f32(2) }, 'MODEL_CONFIG_UNSUPPORTED', 'logit_scale'],
    ['a text for a count', { 'llama.block_count': text('2') }, 'MODEL_CONFIG_INVALID', 'block_count'],
    ['more layers than there are', { 'llama.block_count': u32(3) }, 'MODEL_TENSOR_MISSING', 'blk.2.attn_norm.weight'],
    ['fewer layers than there are', { 'llama.block_count': u32(1) }, 'MODEL_CONFIG_UNSUPPORTED', 'blk.1.'],
    [
      'another feed-forward size',
      { 'llama.feed_forward_length': u32(96) },
      'MODEL_TENSOR_SHAPE',
      'blk.0.ffn_gate.weight',
    ],
    [
      'heads that do not share',
      { 'llama.attention.head_count_kv': u32(3) },
      'MODEL_CONFIG_INVALID',
      '3 key-value heads',
    ],
  ])('refuses %s', async (_, changed, code, part) => {
    await refuses(open({ ...ggufMetadata(), ...changed }), code, part);
  });

  it.each(['llama.block_count', 'llama.context_length', 'llama.attention.layer_norm_rms_epsilon'])(
    'refuses a file without %s',
    async (key) => {
      const metadata = without(ggufMetadata(), key);
      await refuses(open(metadata), 'MODEL_CONFIG_INVALID', key);
    },
  );

  it('refuses tensors that it would have to leave out', async () => {
    const refusesExtra = (name: string) =>
      refuses(open(ggufMetadata(), [...ggufTensors(), ggufTensor(name, 32)]), 'MODEL_CONFIG_UNSUPPORTED', name);
    await refusesExtra('blk.0.ffn_gate.bias');
    await refusesExtra('blk.0.attn_k.bias');
    await refusesExtra('blk.0.attn_q_norm.weight');
    await refusesExtra('rope_factors_long.weight');
  });

  it('refuses RoPE factors of another count or below 0, and a file without embeddings', async () => {
    await refuses(
      open(ggufMetadata(), [...ggufTensors(), ropeFactors(1, 2)]),
      'MODEL_CONFIG_INVALID',
      '2 values, not 4',
    );
    await refuses(open(ggufMetadata(), [...ggufTensors(), ropeFactors(1, 2, 0, 1)]), 'MODEL_CONFIG_INVALID', 'above 0');
    await refuses(open(ggufMetadata(), ggufTensors().slice(1)), 'MODEL_CONFIG_INVALID', 'token_embd.weight');
  });
});
