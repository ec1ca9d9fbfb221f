import { readFileSync } from 'node:fs';
import type { GgufMetadata, GgufValue } from '../../../engine/formats/gguf.js';
import type { TokenizerSource } from '../../../engine/tokenizer/tokenizer-source.js';

interface Json {
  added_tokens: { id: number; content: string; special: boolean }[];
  model: { type: string; vocab: Record<string, number>; merges: [string, string][] };
}

/** What `tokenizers` made of a corpus; written by test/golden/tokenizers/make_tokenizers.py. */
export interface Golden {
  tokenizer: Record<string, unknown>;
  cases: { text: string; ids: number[]; framed: number[]; decoded: string }[];
  walks: { ids: number[]; decoded: string }[];
}

export function readGolden(name: string): Golden {
  const url = new URL(`../../golden/tokenizers/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Golden;
}

/** A model folder that holds this tokenizer.json. */
export function folderSource(
  tokenizerJson: Record<string, unknown>, tokenizerConfig: Record<string, unknown> = {},
): Extract<TokenizerSource, { kind: 'huggingface' }> {
  return {
    kind: 'huggingface', file: 'model/tokenizer.json', tokenizerJson, tokenizerConfig, generationConfig: {},
    modelConfig: {}, chatTemplateFile: null,
  };
}

/** The same vocabulary as a GGUF file would hold it: byte-level, or scored pieces in SentencePiece's way. */
export function ggufMetadata(golden: Golden, kind: { model: 'gpt2'; pre: string } | { model: 'llama' }): GgufMetadata {
  const json = golden.tokenizer as unknown as Json;
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
  const types: number[] = tokens.map((token) => (kind.model === 'llama' && /^<0x..>$/.test(token) ? 6 : 1));
  for (const token of json.added_tokens) {
    tokens[token.id] = token.content;
    types[token.id] = token.special ? 3 : 4;
  }
  if (kind.model === 'llama') types[0] = 2;
  const metadata = new Map<string, GgufValue>([
    ['tokenizer.ggml.model', kind.model],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', types],
  ]);
  if (kind.model === 'gpt2') {
    metadata.set('tokenizer.ggml.pre', kind.pre);
    metadata.set('tokenizer.ggml.merges', json.model.merges.map((pair) => pair.join(' ')));
    for (const name of ['<|begin_of_text|>', '<s>']) {
      if (tokens.includes(name)) metadata.set('tokenizer.ggml.bos_token_id', tokens.indexOf(name));
    }
    metadata.set('tokenizer.ggml.eos_token_id', tokens.indexOf('<|im_end|>'));
  } else {
    metadata.set('tokenizer.ggml.scores', tokens.map((_, id) => -id));
    metadata.set('tokenizer.ggml.bos_token_id', 1);
    metadata.set('tokenizer.ggml.eos_token_id', 2);
  }
  return metadata;
}
