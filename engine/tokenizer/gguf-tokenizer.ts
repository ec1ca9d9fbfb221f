import type { GgufMetadata } from '../formats/gguf.js';
import { byteLevelJson } from './gguf-byte-level.js';
import { sentencePieceJson } from './gguf-sentence-piece.js';
import { flag, readVocabulary, TokenType, type GgufVocabulary } from './gguf-vocabulary.js';
import { promptFrame } from './prompt-frame.js';
import { brokenTokenizer, unknownKind, type TokenizerParts } from './tokenizer-parts.js';

/**
 * Makes of GGUF metadata what tokenizer.json would say.
 *
 * @throws ModelUnusableError naming the file and the kind.
 */
export function ggufTokenizer(file: string, metadata: GgufMetadata): TokenizerParts {
  const kind = metadata.get('tokenizer.ggml.model');
  if (kind !== 'gpt2' && kind !== 'llama') throw unknownKind(file, 'tokenizer model', kind);
  const vocabulary = readVocabulary(file, metadata);
  const built = kind === 'gpt2' ? byteLevelJson(vocabulary) : sentencePieceJson(vocabulary);
  const bos = specialId(vocabulary, 'bos', kind === 'llama' ? 1 : null);
  const eos = specialId(vocabulary, 'eos', kind === 'llama' ? 2 : null);
  const around = (side: 'bos' | 'eos', token: string | null, otherwise: boolean): string[] => {
    const wanted = flag(metadata, `tokenizer.ggml.add_${side}_token`) ?? otherwise;
    return wanted && token !== null ? [token] : [];
  };
  const bosToken = bos === null ? null : (vocabulary.tokens[bos] ?? null);
  const eosToken = eos === null ? null : (vocabulary.tokens[eos] ?? null);
  const ends = [eos, specialId(vocabulary, 'eot', null), specialId(vocabulary, 'eom', null)];
  return {
    file,
    json: {
      ...built.json,
      post_processor: promptFrame(around('bos', bosToken, built.addsBos), around('eos', eosToken, false)),
    },
    pairRanks: built.pairRanks,
    bosToken,
    eosToken,
    declaredEnds: ends.filter((id) => id !== null),
  };
}

function specialId(vocabulary: GgufVocabulary, name: string, otherwise: number | null): number | null {
  const key = `tokenizer.ggml.${name}_token_id`;
  const id = vocabulary.metadata.get(key);
  if (id === undefined) {
    return otherwise !== null && vocabulary.types[otherwise] === TokenType.control ? otherwise : null;
  }
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabulary.tokens.length) {
    throw brokenTokenizer(vocabulary.file, `${key} is ${String(id)}, outside its ${vocabulary.tokens.length} tokens`);
  }
  return id;
}
