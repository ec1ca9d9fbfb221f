import { promptFrame } from './prompt-frame.js';
import { brokenTokenizer, type AddedTokenJson, type StepJson, type TokenizerParts } from './tokenizer-parts.js';
import type { TokenizerSource } from './tokenizer-source.js';

type HuggingFaceSource = Extract<TokenizerSource, { kind: 'huggingface' }>;

/**
 * Brings tokenizer.json and the configurations beside it to one shape.
 *
 * @throws ModelUnusableError TOKENIZER_BROKEN when tokenizer.json has not the shape it must have.
 */
export function huggingFaceTokenizer(source: HuggingFaceSource): TokenizerParts {
  const { file, tokenizerJson, tokenizerConfig } = source;
  const model = step(file, tokenizerJson, 'model');
  if (!model) throw brokenTokenizer(file, 'it has no model');
  const bosToken = tokenText(tokenizerConfig['bos_token']);
  const postProcessor = step(file, tokenizerJson, 'post_processor');
  const addsBos = tokenizerConfig['add_bos_token'] === true && bosToken !== null && !frames(postProcessor);
  return {
    file,
    json: {
      added_tokens: addedTokens(source),
      normalizer: step(file, tokenizerJson, 'normalizer'),
      pre_tokenizer: step(file, tokenizerJson, 'pre_tokenizer'),
      post_processor: addsBos ? promptFrame([bosToken], []) : postProcessor,
      decoder: step(file, tokenizerJson, 'decoder'),
      model,
    },
    pairRanks: null,
    bosToken,
    eosToken: tokenText(tokenizerConfig['eos_token']),
    declaredEnds: [...ids(source.generationConfig['eos_token_id']), ...ids(source.modelConfig['eos_token_id'])],
  };
}

/** tokenizer.json's added tokens, and those that only tokenizer_config.json knows. */
function addedTokens(source: HuggingFaceSource): AddedTokenJson[] {
  const byId = new Map<number, AddedTokenJson>();
  const listed: unknown = source.tokenizerJson['added_tokens'] ?? [];
  if (!Array.isArray(listed)) throw brokenTokenizer(source.file, 'its added tokens are not a list');
  const configured = Object.entries(source.tokenizerConfig['added_tokens_decoder'] ?? {});
  const fromConfig = configured.map(([id, token]) => ({ ...(token as object), id: Number(id) }));
  for (const entry of [...fromConfig, ...(listed as unknown[])]) {
    const token = entry as Partial<AddedTokenJson>;
    if (!Number.isInteger(token.id) || typeof token.content !== 'string') {
      throw brokenTokenizer(source.file, 'an added token has no id or no text');
    }
    const special = token.special === true;
    byId.set(token.id as number, {
      id: token.id as number, content: token.content, special, normalized: token.normalized ?? !special,
      lstrip: token.lstrip === true, rstrip: token.rstrip === true, single_word: token.single_word === true,
    });
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function step(file: string, json: Record<string, unknown>, key: string): StepJson | null {
  const value = json[key] ?? null;
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw brokenTokenizer(file, `its ${key} is not an object`);
  return value as StepJson;
}

/** True if a post-processor puts tokens around a prompt. */
function frames(postProcessor: StepJson | null): boolean {
  if (postProcessor === null || postProcessor.type === 'ByteLevel') return false;
  if (postProcessor.type !== 'Sequence') return true;
  return (postProcessor['processors'] as StepJson[]).some(frames);
}

/** A token is written as its text, or as an object that holds it. */
function tokenText(value: unknown): string | null {
  const content = typeof value === 'object' && value !== null && 'content' in value ? value.content : value;
  return typeof content === 'string' ? content : null;
}

function ids(value: unknown): number[] {
  const listed: unknown[] = Array.isArray(value) ? value : [value];
  return listed.filter((id): id is number => Number.isInteger(id));
}
