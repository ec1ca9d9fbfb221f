import { gpt2Pattern } from './split-patterns.js';
import { unknownKind, type StepJson, type TokenizerJson } from './tokenizer-parts.js';

/**
 * Rewrites the steps of a tokenizer.json that the JavaScript library reads otherwise than Hugging Face's own reader
 * into steps that both read alike, and refuses those for which there is no such step:
 * - Metaspace cuts before every space mark (unless it says `split: false`); the library never cuts.
 * - Digits means every numeric character; the library means 0 to 9.
 * - ByteLevel's own pattern, and Split's: whitespace is Unicode's, not JavaScript's, and nothing is dropped.
 *
 * @throws ModelUnusableError TOKENIZER_KIND_UNKNOWN naming the file and the step.
 */
export function inLibraryDialect(file: string, json: TokenizerJson): TokenizerJson {
  checkModel(file, json.model);
  checkNormalizer(file, json.normalizer);
  const oddToken = json.added_tokens.find((token) => token.single_word);
  if (oddToken) throw unknownKind(file, 'whole-word token', oddToken.content);
  return { ...json, pre_tokenizer: json.pre_tokenizer && rewritePreTokenizer(file, json.pre_tokenizer) };
}

function checkModel(file: string, model: StepJson): void {
  const kind = model.type ?? (Array.isArray(model['merges']) ? 'BPE' : undefined);
  if (kind !== 'BPE' && kind !== 'Unigram') throw unknownKind(file, 'tokenizer model', kind);
  for (const affix of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[affix]) throw unknownKind(file, `model's ${affix}`, model[affix]);
  }
}

const knownNormalizers = new Set<unknown>(['NFC', 'NFD', 'NFKC', 'NFKD', 'Replace', 'Prepend', 'Lowercase', 'Strip']);

function checkNormalizer(file: string, step: StepJson | null): void {
  if (step === null || knownNormalizers.has(step.type)) return;
  if (step.type !== 'Sequence') throw unknownKind(file, 'normalizer', step.type);
  for (const part of step['normalizers'] as StepJson[]) checkNormalizer(file, part);
}

function rewritePreTokenizer(file: string, step: StepJson): StepJson {
  switch (step.type) {
    case 'Sequence': {
      const parts = step['pretokenizers'] as StepJson[];
      return sequence(parts.map((part) => rewritePreTokenizer(file, part)));
    }
    case 'Split':
      return rewriteSplit(file, step);
    case 'Digits':
      return isolate(step['individual_digits'] === true ? '\\p{N}' : '\\p{N}+');
    case 'Punctuation':
      return rewritePunctuation(file, step);
    case 'Metaspace':
      return rewriteMetaspace(step);
    case 'ByteLevel': {
      const ownPattern = step['use_regex'] !== false && step['add_prefix_space'] !== true;
      return ownPattern ? sequence([isolate(gpt2Pattern), { ...step, use_regex: false }]) : step;
    }
    default:
      throw unknownKind(file, 'pre-tokenizer', step.type);
  }
}

/** Kept as they are: every match a word of its own, or only the matches kept. */
function rewriteSplit(file: string, step: StepJson): StepJson {
  const inverted = step['invert'] === true;
  if (step['behavior'] === 'Isolated') return { ...step, invert: false };
  if (step['behavior'] === 'Removed' && inverted) return step;
  throw unknownKind(file, 'pre-tokenizer', `Split ${String(step['behavior'])}`);
}

/** ASCII's signs count as punctuation too, though Unicode calls some of them symbols. */
function rewritePunctuation(file: string, step: StepJson): StepJson {
  const behavior = step['behavior'] ?? 'Isolated';
  const sign = '[\\p{P}\\x{21}-\\x{2F}\\x{3A}-\\x{40}\\x{5B}-\\x{60}\\x{7B}-\\x{7E}]';
  if (behavior === 'Isolated') return isolate(sign);
  if (behavior === 'Contiguous') return isolate(`${sign}+`);
  throw unknownKind(file, 'pre-tokenizer', `Punctuation ${JSON.stringify(behavior)}`);
}

function rewriteMetaspace(step: StepJson): StepJson {
  const mark = typeof step['replacement'] === 'string' ? step['replacement'] : '\u2581';
  const scheme = step['prepend_scheme'] ?? (step['add_prefix_space'] === false ? 'never' : 'always');
  const marked: StepJson = { type: 'Metaspace', replacement: mark, prepend_scheme: scheme };
  if (step['split'] === false) return marked;
  const escaped = `\\x{${(mark.codePointAt(0) ?? 0).toString(16)}}`;
  return sequence([marked, isolate(`${escaped}?[^${escaped}]+|${escaped}`)]);
}

function isolate(pattern: string): StepJson {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function sequence(pretokenizers: StepJson[]): StepJson {
  return { type: 'Sequence', pretokenizers };
}
