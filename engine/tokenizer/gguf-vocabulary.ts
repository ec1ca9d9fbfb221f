import type { GgufMetadata, GgufValue } from '../formats/gguf.js';
import { brokenTokenizer, type AddedTokenJson } from './tokenizer-parts.js';

/** What GGUF's `tokenizer.ggml.token_type` says of a token. */
export const TokenType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** The vocabulary of a GGUF file: `tokens[id]`, `types[id]`. */
export interface GgufVocabulary {
  file: string;
  metadata: GgufMetadata;
  tokens: readonly string[];
  types: readonly number[];
  /** Tokens that are matched in text as they stand: control and user-defined ones. */
  added: AddedTokenJson[];
}

/**
 * Reads tokens and their types.
 *
 * @throws ModelUnusableError when they are missing, or do not match.
 */
export function readVocabulary(file: string, metadata: GgufMetadata): GgufVocabulary {
  const tokens = list(file, metadata, 'tokenizer.ggml.tokens', 'string') as readonly string[];
  const types = metadata.has('tokenizer.ggml.token_type')
    ? (list(file, metadata, 'tokenizer.ggml.token_type', 'number') as readonly number[])
    : tokens.map(() => TokenType.normal);
  if (tokens.length === 0) throw brokenTokenizer(file, 'its vocabulary is empty');
  if (types.length !== tokens.length) {
    throw brokenTokenizer(file, `it has ${tokens.length} tokens but ${types.length} token types`);
  }
  const added: AddedTokenJson[] = [];
  for (const [id, content] of tokens.entries()) {
    const type = types[id];
    const special = type === TokenType.control || type === TokenType.unknown;
    if (!special && type !== TokenType.userDefined) continue;
    added.push({ id, content, special, normalized: false, lstrip: false, rstrip: false, single_word: false });
  }
  return { file, metadata, tokens, types, added };
}

/** An array of the metadata, all of one kind. */
export function list(
  file: string, metadata: GgufMetadata, key: string, kind: 'string' | 'number',
): readonly GgufValue[] {
  const value: unknown = metadata.get(key);
  if (!Array.isArray(value)) throw brokenTokenizer(file, `${key} is missing`);
  const wrong = value.findIndex((entry) => typeof entry !== kind);
  if (wrong >= 0) throw brokenTokenizer(file, `entry ${wrong} of ${key} is not a ${kind}`);
  return value as readonly GgufValue[];
}

export function flag(metadata: GgufMetadata, key: string): boolean | null {
  const value = metadata.get(key);
  return typeof value === 'boolean' ? value : null;
}
