import { describe, expect, it } from 'vitest';
import { parseHuggingFaceConfig } from '../../../engine/model/hugging-face-config.js';
import { expectRefusal } from '../formats/refusal.js';
import { llamaConfig } from './tiny-model.js';

const parse = (raw: Record<string, unknown>) => parseHuggingFaceConfig(raw, 'm/config.json');
const refuses = (raw: Record<string, unknown>, code: string, ...parts: string[]) =>
  expectRefusal(
    Promise.resolve().then(() => parse(raw)),
    code,
    'm/config.json',
    ...parts,
  );

describe('parseHuggingFaceConfig', () => {
  it("takes what is not said from transformers' Llama", () => {
    expect(parse({ model_type: 'llama' })).toEqual({
      architecture: 'llama',
      dim: 4096,
      nLayers: 32,
      nHeads: 32,
      nKvHeads: 32,
      headDim: 128,
      ffnDim: 11008,
      vocab: 32000,
      maxPositions: 2048,
      rmsEps: 1e-6,
      ropeTheta: 10000,
      ropeScaling: null,
      ropeStyle: 'half-split',
      slidingWindow: 0,
      qkvBias: false,
      outputBias: false,
      qkNorm: false,
      tiedEmbeddings: false,
    });
  });

  it("takes what is not said from transformers' Mistral, Qwen2 and Qwen3", () => {
    expect(parse({ model_type: 'mistral' })).toMatchObject({
      nKvHeads: 8,
      headDim: 128,
      ffnDim: 14336,
      maxPositions: 131072,
      slidingWindow: 4096,
      qkvBias: false,
    });
    expect(parse({ model_type: 'qwen2' })).toMatchObject({
      nKvHeads: 32,
      headDim: 128,
      ffnDim: 22016,
      vocab: 151936,
      maxPositions: 32768,
      slidingWindow: 0,
      qkvBias: true,
      outputBias: false,
      qkNorm: false,
    });
    expect(parse({ model_type: 'qwen3', hidden_size: 2048 })).toMatchObject({
      nKvHeads: 32,
      headDim: 128,
      slidingWindow: 0,
      qkvBias: false,
      outputBias: false,
      qkNorm: true,
    });
  });

  it('takes an explicit head size, key-value heads and tied embeddings', () => {
    expect(parse({ ...llamaConfig, head_dim: 24, tie_word_embeddings: true })).toMatchObject({
      headDim: 24,
      nKvHeads: 2,
      tiedEmbeddings: true,
    });
    expect(parse({ ...llamaConfig, num_key_value_heads: null, head_dim: null })).toMatchObject({
      nKvHeads: 4,
      headDim: 8,
    });
  });

  it('knows which architectures have biases on request', () => {
    expect(parse({ ...llamaConfig, attention_bias: true })).toMatchObject({ qkvBias: true, outputBias: true });
    expect(parse({ model_type: 'qwen3', attention_bias: true })).toMatchObject({ qkvBias: true, outputBias: true });
    expect(parse({ model_type: 'qwen2', attention_bias: true })).toMatchObject({ qkvBias: true, outputBias: false });
    expect(parse({ model_type: 'mistral', attention_bias: true })).toMatchObject({ qkvBias: false, outputBias: false });
  });

  it.each([
    [{ model_type: 'llama', sliding_window: 8 }, 0],
    [{ model_type: 'mistral', sliding_window: null }, 0],
    [{ model_type: 'mistral', sliding_window: 8 }, 8],
    [{ model_type: 'qwen2', sliding_window: 8 }, 0],
    [{ model_type: 'qwen2', sliding_window: 8, use_sliding_window: false, max_window_layers: 0 }, 0],
    [{ model_type: 'qwen2', sliding_window: 8, use_sliding_window: true, max_window_layers: 32 }, 0],
    [{ model_type: 'qwen2', sliding_window: 8, use_sliding_window: true, max_window_layers: 0 }, 8],
    [{ model_type: 'qwen3', sliding_window: 8, use_sliding_window: true, layer_types: ['sliding_attention'] }, 8],
  ])('reads the sliding window of %o', (raw, expected) => {
    expect(parse(raw).slidingWindow).toBe(expected);
  });

  it('reads RoPE in the older and the newer spelling', () => {
    const llama3 = { factor: 32, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
    const expected = { type: 'llama3', factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 8192 };
    const older = { ...llamaConfig, rope_theta: 5e5, rope_scaling: { ...llama3, rope_type: 'llama3' } };
    const newer = { ...llamaConfig, rope_parameters: { ...llama3, rope_type: 'llama3', rope_theta: 5e5 } };
    expect(parse(older)).toMatchObject({ ropeTheta: 5e5, ropeScaling: expected });
    expect(parse(newer)).toMatchObject({ ropeTheta: 5e5, ropeScaling: expected });
    const linear = { type: 'linear', factor: 2 };
    expect(parse({ ...llamaConfig, rope_scaling: linear })).toMatchObject({ ropeTheta: 1e4, ropeScaling: linear });
    expect(parse({ ...llamaConfig, rope_scaling: null, rope_theta: 7 })).toMatchObject({
      ropeTheta: 7,
      ropeScaling: null,
    });
    expect(
      parse({ ...llamaConfig, rope_parameters: { rope_type: 'default', rope_theta: 9 }, rope_theta: 7 }).ropeTheta,
    ).toBe(9);
  });

  it("lets Llama 3's scaling begin at max_position_embeddings where nothing else is said", () => {
    const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    expect(parse({ ...llamaConfig, max_position_embeddings: 64, rope_scaling: scaling }).ropeScaling).toMatchObject({
      originalMaxPosition: 64,
    });
  });

  it.each([
    [{ model_type: 'gpt2' }, 'MODEL_ARCHITECTURE_UNSUPPORTED', '"gpt2" is not supported. Supported are Llama'],
    [{}, 'MODEL_ARCHITECTURE_UNSUPPORTED', 'none is named'],
    [{ model_type: '__proto__' }, 'MODEL_ARCHITECTURE_UNSUPPORTED', '__proto__'],
    [
      { ...llamaConfig, architectures: ['LlamaForSequenceClassification'] },
      'MODEL_ARCHITECTURE_UNSUPPORTED',
      'Classification',
    ],
    [{ ...llamaConfig, hidden_act: 'gelu' }, 'MODEL_CONFIG_UNSUPPORTED', '"gelu" is not silu'],
    [{ ...llamaConfig, mlp_bias: true }, 'MODEL_CONFIG_UNSUPPORTED', 'biases'],
    [{ ...llamaConfig, quantization_config: { quant_method: 'gptq' } }, 'MODEL_CONFIG_UNSUPPORTED', '"gptq"'],
    [{ ...llamaConfig, rope_scaling: { type: 'yarn', factor: 4 } }, 'MODEL_CONFIG_UNSUPPORTED', '"yarn"'],
    [{ ...llamaConfig, rope_scaling: { rope_type: 'dynamic', factor: 4 } }, 'MODEL_CONFIG_UNSUPPORTED', '"dynamic"'],
    [
      { ...llamaConfig, rope_scaling: { rope_type: 'longrope', short_factor: [1] } },
      'MODEL_CONFIG_UNSUPPORTED',
      '"longrope"',
    ],
    [
      { ...llamaConfig, rope_parameters: { full_attention: { rope_type: 'default' } } },
      'MODEL_CONFIG_UNSUPPORTED',
      'layer',
    ],
    [{ ...llamaConfig, rope_scaling: { rope_type: 'linear' } }, 'MODEL_CONFIG_INVALID', 'factor'],
    [{ ...llamaConfig, rope_scaling: { rope_type: 'linear', factor: '2' } }, 'MODEL_CONFIG_INVALID', 'factor'],
    [{ ...llamaConfig, partial_rotary_factor: 0.5 }, 'MODEL_CONFIG_UNSUPPORTED', 'partial_rotary_factor'],
    [{ ...llamaConfig, hidden_size: '32' }, 'MODEL_CONFIG_INVALID', 'hidden_size'],
    [{ ...llamaConfig, hidden_size: 33 }, 'MODEL_CONFIG_INVALID', '33'],
    [{ ...llamaConfig, num_attention_heads: 0 }, 'MODEL_CONFIG_INVALID', 'attention heads'],
    [{ ...llamaConfig, num_key_value_heads: 3 }, 'MODEL_CONFIG_INVALID', '3 key-value heads'],
    [{ ...llamaConfig, num_hidden_layers: 1e15 }, 'MODEL_CONFIG_INVALID', 'number of layers'],
    [{ ...llamaConfig, head_dim: 7 }, 'MODEL_CONFIG_UNSUPPORTED', 'odd'],
    [{ ...llamaConfig, rms_norm_eps: 0 }, 'MODEL_CONFIG_INVALID', 'epsilon'],
    [{ ...llamaConfig, rope_theta: -1 }, 'MODEL_CONFIG_INVALID', 'RoPE base'],
    [{ model_type: 'qwen2', use_sliding_window: true, max_window_layers: 4 }, 'MODEL_CONFIG_UNSUPPORTED', 'only some'],
  ])('refuses %o', async (raw, code, part) => {
    await refuses(raw, code, part);
  });
});
