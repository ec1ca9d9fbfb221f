import type { TokenizerSource } from './tokenizer-source.js';
import type { Tokenizer } from './tokenizer.js';

export type { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer a model carries, from Hugging Face's tokenizer.json or from GGUF metadata.
 *
 * @throws ModelUnusableError naming the file and the kind when the tokenizer is of an unknown kind or broken.
 */
export declare function loadTokenizer(source: TokenizerSource): Tokenizer;
