import { list, type GgufVocabulary } from './gguf-vocabulary.js';
import { wordSplit } from './split-patterns.js';
import { unknownKind, type StepJson, type TokenizerJson } from './tokenizer-parts.js';

/** tokenizer.json of a byte-level BPE vocabulary (`tokenizer.ggml.model` is gpt2). */
export function byteLevelJson(vocabulary: GgufVocabulary): { json: TokenizerJson; pairRanks: null; addsBos: boolean } {
  const { file, metadata, tokens } = vocabulary;
  const name = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const split = wordSplit(String(name));
  if (!split) throw unknownKind(file, 'pre-tokenizer', name);
  const vocab = Object.create(null) as Record<string, number>;
  for (const [id, token] of tokens.entries()) vocab[token] ??= id;
  const words: StepJson[] = split.patterns.map((pattern) => ({
    type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false,
  }));
  return {
    json: {
      added_tokens: vocabulary.added,
      normalizer: split.composes ? { type: 'NFC' } : null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [...words, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: {
        type: 'BPE', vocab, merges: list(file, metadata, 'tokenizer.ggml.merges', 'string'),
        ignore_merges: split.ignoreMerges, unk_token: null, byte_fallback: false, fuse_unk: false,
      },
    },
    pairRanks: null,
    addsBos: split.addsBos,
  };
}
