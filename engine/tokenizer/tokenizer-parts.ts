import { ModelUnusableError } from '../errors.js';

/** A token that is matched in text before anything else is done with it; as in tokenizer.json. */
export interface AddedTokenJson {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  lstrip: boolean;
  rstrip: boolean;
  single_word: boolean;
}

/** One step of a tokenizer.json pipeline: its `type` and what belongs to that type. */
export type StepJson = { type?: unknown } & Record<string, unknown>;

/** tokenizer.json, as far as the way to and from tokens needs it. */
export interface TokenizerJson {
  added_tokens: AddedTokenJson[];
  normalizer: StepJson | null;
  pre_tokenizer: StepJson | null;
  post_processor: StepJson | null;
  decoder: StepJson | null;
  model: StepJson;
}

/** What both kinds of source are brought to before a tokenizer is made of it. */
export interface TokenizerParts {
  /** Named in refusals. */
  file: string;
  json: TokenizerJson;
  /**
   * Order of merges, by `JSON.stringify([left, right])`, lowest first, where it cannot be written as a list because
   * several pairs rank equal; null where `json.model.merges` says it.
   */
  pairRanks: Map<string, number> | null;
  bosToken: string | null;
  eosToken: string | null;
  /** Ids the model's files declare as ends of a turn. */
  declaredEnds: readonly number[];
}

/** The tokenizer is of a kind that would be read wrongly: nothing is encoded rather than encoded otherwise. */
export function unknownKind(file: string, what: string, kind: unknown): ModelUnusableError {
  return new ModelUnusableError(
    'TOKENIZER_KIND_UNKNOWN', file, `its ${what} '${kindName(kind)}' is not one that Hearth knows`,
    'Use another release of this model, or another model',
    { values: { kind: kindName(kind) } },
  );
}

/** The tokenizer contradicts itself or lacks something it needs. */
export function brokenTokenizer(file: string, reason: string, cause?: unknown): ModelUnusableError {
  return new ModelUnusableError(
    'TOKENIZER_BROKEN', file, `its tokenizer cannot be used: ${reason}`,
    'Fetch the model again, or use another release of it', { cause },
  );
}

function kindName(kind: unknown): string {
  return (typeof kind === 'string' ? kind : (JSON.stringify(kind) as string | undefined) ?? 'none').slice(0, 80);
}
