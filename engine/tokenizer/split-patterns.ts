/**
 * How byte-level tokenizers cut text into words before they merge, by the name GGUF gives it in
 * `tokenizer.ggml.pre`. The patterns are facts of the models: each is what the model's tokenizer.json holds (or, for
 * `default`, what llama.cpp applies when a file does not say).
 */
export interface WordSplit {
  /** Patterns applied one after another; each isolates its matches. */
  patterns: readonly string[];
  /** A word that is a token as a whole is not merged up to it. */
  ignoreMerges: boolean;
  /** Composes characters (NFC) first. */
  composes: boolean;
  /** A prompt begins with the beginning-of-sequence token unless the file says otherwise. */
  addsBos: boolean;
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const punctuationAndSpace = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';

/** GPT-2's words, which ByteLevel uses where nothing else is said. */
export const gpt2Pattern =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const upper = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const lower = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';

const modernPattern = (digits: string): string =>
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${punctuationAndSpace}`;

const tekkenPattern =
  `[^\\r\\n\\p{L}\\p{N}]?[${upper}]*[${lower}]+|[^\\r\\n\\p{L}\\p{N}]?[${upper}]+[${lower}]*|\\p{N}` +
  `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${punctuationAndSpace}`;

const plain = { ignoreMerges: false, composes: false, addsBos: false };
const llama3: WordSplit = {
  patterns: [modernPattern('\\p{N}{1,3}')], ignoreMerges: true, composes: false, addsBos: true,
};
/** Composing is in the models' own tokenizer.json; llama.cpp leaves it out. */
const qwen2: WordSplit = { ...plain, patterns: [modernPattern('\\p{N}')], composes: true };
const gpt2: WordSplit = { ...plain, patterns: [gpt2Pattern] };
const singleDigits: WordSplit = { ...plain, patterns: ['\\p{N}', gpt2Pattern] };
const tekken: WordSplit = { patterns: [tekkenPattern], ignoreMerges: true, composes: false, addsBos: true };
const unsaid: WordSplit = {
  ...plain,
  patterns: ['[\\p{P}\\$\\+<=>\\^~\\|]+', gpt2Pattern, '\\p{N}+', '[0-9][0-9][0-9]'],
};

const splits = new Map<string, WordSplit>([
  ['default', unsaid],
  ['llama-bpe', llama3],
  ['llama3', llama3],
  ['llama-v3', llama3],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
  ['gpt-2', gpt2],
  ['smollm', singleDigits],
  ['starcoder', singleDigits],
  ['refact', singleDigits],
  ['tekken', tekken],
]);

/** The split GGUF calls `name`, or null if it is not known. */
export function wordSplit(name: string): WordSplit | null {
  return splits.get(name) ?? null;
}
