import { flag, list, TokenType, type GgufVocabulary } from './gguf-vocabulary.js';
import { brokenTokenizer, type StepJson, type TokenizerJson } from './tokenizer-parts.js';

/** How SentencePiece writes a space. */
const spaceMark = '\u2581';

/** tokenizer.json of a SentencePiece BPE vocabulary with scores and bytes (`tokenizer.ggml.model` is llama). */
export function sentencePieceJson(
  vocabulary: GgufVocabulary,
): { json: TokenizerJson; pairRanks: Map<string, number>; addsBos: boolean } {
  const { file, metadata, tokens, types } = vocabulary;
  const scores = list(file, metadata, 'tokenizer.ggml.scores', 'number') as readonly number[];
  if (scores.length !== tokens.length) {
    throw brokenTokenizer(file, `it has ${tokens.length} tokens but ${scores.length} scores`);
  }
  const vocab = Object.create(null) as Record<string, number>;
  for (const [id, token] of tokens.entries()) vocab[token] ??= id;
  const addsSpace = flag(metadata, 'tokenizer.ggml.add_space_prefix') ?? true;
  const marksSpaces: StepJson = { type: 'Replace', pattern: { String: ' ' }, content: spaceMark };
  const unknown = types.indexOf(TokenType.unknown);
  return {
    json: {
      added_tokens: vocabulary.added,
      normalizer: {
        type: 'Sequence',
        normalizers: addsSpace ? [{ type: 'Prepend', prepend: spaceMark }, marksSpaces] : [marksSpaces],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: spaceMark }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          ...(addsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
        ],
      },
      model: {
        type: 'BPE', vocab, merges: [], ignore_merges: false, byte_fallback: types.includes(TokenType.byte),
        unk_token: unknown < 0 ? null : tokens[unknown], fuse_unk: true,
      },
    },
    pairRanks: rankPairs(tokens, types, scores),
    addsBos: true,
  };
}

/**
 * SentencePiece merges the neighbouring pair whose whole has the highest score, leftmost first. So a pair ranks by
 * the score of its whole, and equal scores rank equal. A part is a piece itself, or one character.
 */
function rankPairs(
  tokens: readonly string[], types: readonly number[], scores: readonly number[],
): Map<string, number> {
  const score = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const merges = types[id] === TokenType.normal || types[id] === TokenType.userDefined;
    if (merges && !score.has(token)) score.set(token, scores[id] ?? 0);
  }
  const descending = [...new Set(score.values())].sort((a, b) => b - a);
  const rankOf = new Map(descending.map((value, rank) => [value, rank]));
  const ranks = new Map<string, number>();
  for (const [whole, value] of score) {
    const characters = Array.from(whole);
    let left = '';
    for (let i = 1; i < characters.length; i++) {
      left += characters[i - 1] ?? '';
      const right = whole.slice(left.length);
      if (i > 1 && !score.has(left)) continue;
      if (i < characters.length - 1 && !score.has(right)) continue;
      ranks.set(JSON.stringify([left, right]), rankOf.get(value) ?? 0);
    }
  }
  return ranks;
}
