import * as library from '@huggingface/tokenizers';
import { HearthError } from '../errors.js';
import { endTokensOf } from './end-tokens.js';
import { ggufTokenizer } from './gguf-tokenizer.js';
import { huggingFaceTokenizer } from './hugging-face-tokenizer.js';
import { inLibraryDialect } from './library-dialect.js';
import { spellingOf, type Spelling } from './token-bytes.js';
import { brokenTokenizer, type TokenizerJson, type TokenizerParts } from './tokenizer-parts.js';
import type { TokenizerSource } from './tokenizer-source.js';
import type { Tokenizer } from './tokenizer.js';

export type { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer a model carries, from Hugging Face's tokenizer.json or from GGUF metadata.
 *
 * @throws ModelUnusableError naming the file and the kind when the tokenizer is of an unknown kind or broken.
 */
export function loadTokenizer(source: TokenizerSource): Tokenizer {
  try {
    const parts =
      source.kind === 'gguf' ? ggufTokenizer(source.file, source.metadata) : huggingFaceTokenizer(source);
    return new LoadedTokenizer(parts);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'it has not the shape it must have';
    throw brokenTokenizer(source.file, reason, error);
  }
}

/** What is used of the library; its own declarations do not resolve under Node's module rules. */
interface Library {
  model: { vocab: readonly (string | undefined)[]; bpe_ranks?: Map<string, number> };
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

const { Tokenizer: LibraryTokenizer } = library as unknown as {
  Tokenizer: new (json: TokenizerJson, options: object) => Library;
};

const noBytes = new Uint8Array(0);

class LoadedTokenizer implements Tokenizer {
  readonly dropsFirstSpace: boolean;
  readonly endTokens: readonly number[];
  readonly bosToken: string | null;
  readonly eosToken: string | null;
  readonly vocabSize: number;
  readonly #library: Library;
  readonly #special: ReadonlySet<number>;
  /** Added tokens that are shown; not all of them are in the vocabulary's spelling. */
  readonly #shownAdded: ReadonlyMap<number, Uint8Array>;
  readonly #spelling: Spelling;

  constructor(parts: TokenizerParts) {
    const spelling = spellingOf(parts.file, parts.json);
    this.#spelling = spelling;
    this.dropsFirstSpace = spelling.dropsFirstSpace;
    this.#library = openLibrary(parts);
    const added = parts.json.added_tokens;
    this.#special = new Set(added.filter((token) => token.special).map((token) => token.id));
    this.#shownAdded = new Map(
      added.filter((token) => !token.special).map((token) => [token.id, spelling.addedBytesOf(token.content)]),
    );
    this.vocabSize = this.#library.model.vocab.length;
    this.bosToken = parts.bosToken;
    this.eosToken = parts.eosToken;
    this.endTokens = endTokensOf(
      parts.declaredEnds, parts.eosToken, (text) => this.#library.token_to_id(text), (id) => this.isSpecial(id),
      this.vocabSize,
    );
    const frame = this.#library.encode('', { add_special_tokens: true }).ids;
    if (!frame.every((id) => Number.isInteger(id))) {
      throw brokenTokenizer(parts.file, 'it puts a token around prompts that its vocabulary lacks');
    }
  }

  encode(text: string, options: { addSpecialTokens: boolean }): number[] {
    // A lone surrogate is no character: UTF-8 has no bytes for it, and patterns would cut around it.
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
    return this.#library.encode(wellFormed, { add_special_tokens: options.addSpecialTokens }).ids;
  }

  decode(tokens: readonly number[]): string {
    const pieces = tokens.map((token) => this.tokenBytes(token));
    const bytes = Buffer.concat(pieces);
    const start = this.dropsFirstSpace && bytes[0] === 0x20 ? 1 : 0;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start));
  }

  tokenBytes(token: number): Uint8Array {
    if (this.#special.has(token)) return noBytes;
    const added = this.#shownAdded.get(token);
    if (added) return added;
    const entry = this.#library.id_to_token(token);
    return entry === undefined ? noBytes : this.#spelling.bytesOf(entry);
  }

  isSpecial(token: number): boolean {
    return this.#special.has(token);
  }
}

function openLibrary(parts: TokenizerParts): Library {
  const json = inLibraryDialect(parts.file, parts.json);
  const options = { eos_token: parts.eosToken, clean_up_tokenization_spaces: false };
  const opened = new LibraryTokenizer(json, options);
  if (parts.pairRanks) opened.model.bpe_ranks = parts.pairRanks;
  return opened;
}
