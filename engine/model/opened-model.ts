import type { TensorEntry } from '../formats/tensor-entry.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';
import type { ModelConfig } from './model-config.js';

/** A model that has been looked at and found usable, before any weight is read. */
export interface OpenedModel {
  /** The folder or the GGUF file, as an absolute path. */
  path: string;
  /** A name for people: the folder's, or the GGUF file's stem. */
  name: string;
  format: 'safetensors' | 'gguf';
  config: ModelConfig;
  /**
   * Every tensor the config needs, under Hugging Face's canonical name (`model.embed_tokens.weight`,
   * `model.layers.<i>.self_attn.q_proj.weight`, …, `lm_head.weight` unless tied), with its shape checked.
   */
  tensors: ReadonlyMap<string, TensorEntry>;
  tokenizer: TokenizerSource;
  /** SHA-256 (hex) over config, headers, file names, sizes and a few bytes of some tensors; not over all weights. */
  fingerprint: string;
}
