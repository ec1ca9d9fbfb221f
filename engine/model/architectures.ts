import type { ModelConfig } from './model-config.js';

type Architecture = ModelConfig['architecture'];

/** What `architectures` in config.json says for each `model_type` that is supported. */
export const huggingFaceClasses: Record<Architecture, string> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
};

/** For refusals: what a person may use instead. */
export const supportedModels =
  'Supported are Llama 1 to 3.2, Yi, TinyLlama and SmolLM2 (llama), Mistral (mistral), Qwen2 and Qwen2.5 (qwen2), ' +
  'and Qwen3 (qwen3).';

export function isArchitecture(name: unknown): name is Architecture {
  return typeof name === 'string' && Object.hasOwn(huggingFaceClasses, name);
}
