import { describe, expect, it } from 'vitest';
import { ModelUnusableError } from '../../../engine/errors.js';
import type { GgufValue } from '../../../engine/formats/gguf.js';
import { loadTokenizer, type Tokenizer } from '../../../engine/tokenizer/load-tokenizer.js';
import { folderSource, ggufMetadata, readGolden, type Golden } from './golden-tokenizers.js';

const folders = [
  'llama3', 'qwen2', 'tekken', 'smollm', 'gpt2', 'llama2', 'metaspace-first', 'metaspace-split', 'unigram',
];
const ggufs = [
  ['llama3', { model: 'gpt2', pre: 'llama-bpe' }],
  ['qwen2', { model: 'gpt2', pre: 'qwen2' }],
  ['tekken', { model: 'gpt2', pre: 'tekken' }],
  ['smollm', { model: 'gpt2', pre: 'smollm' }],
  ['gpt2', { model: 'gpt2', pre: 'gpt-2' }],
  ['llama2', { model: 'llama' }],
] as const;

function fromGguf(golden: Golden, kind: Parameters<typeof ggufMetadata>[1], extra: [string, string | boolean][] = []) {
  const metadata = new Map([...ggufMetadata(golden, kind), ...extra]);
  return loadTokenizer({ kind: 'gguf', file: 'model.gguf', metadata });
}

function expectGolden(tokenizer: Tokenizer, golden: Golden): void {
  for (const { text, ids, framed } of golden.cases) {
    expect({ text, ids: tokenizer.encode(text, { addSpecialTokens: false }) }).toEqual({ text, ids });
    expect({ text, ids: tokenizer.encode(text, { addSpecialTokens: true }) }).toEqual({ text, ids: framed });
  }
  for (const { framed, decoded } of golden.cases) expect(tokenizer.decode(framed)).toBe(decoded);
  expect(golden.walks.length).toBe(12);
  for (const { ids, decoded } of golden.walks) {
    expect({ ids, text: tokenizer.decode(ids) }).toEqual({ ids, text: decoded });
  }
}

describe('a tokenizer', () => {
  it.each(folders)('reads and writes text as the reference does, from the tokenizer.json of %s', (name) => {
    const golden = readGolden(name);
    expectGolden(loadTokenizer(folderSource(golden.tokenizer)), golden);
  });

  it.each(ggufs)('reads and writes text as the reference does, from the GGUF metadata of %s', (name, kind) => {
    const golden = readGolden(name);
    expectGolden(fromGguf(golden, kind), golden);
  });

  it('counts tokens of one score as equal, so that the leftmost pair of a GGUF file merges first', () => {
    const tokens = ['<unk>', '<s>', '</s>', '\u2581', 'a', 'b', 'ab', 'ba', '\u2581ab'];
    const metadata = new Map<string, GgufValue>([
      ['tokenizer.ggml.model', 'llama'],
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.token_type', [2, 3, 3, 1, 1, 1, 1, 1, 1]],
      ['tokenizer.ggml.scores', [0, 0, 0, -9, -9, -9, -1, -1, -5]],
    ]);
    const tokenizer = loadTokenizer({ kind: 'gguf', file: 'model.gguf', metadata });
    // 'ab' and 'ba' score alike: in both texts the pair that stands first wins.
    expect(tokenizer.encode('aba', { addSpecialTokens: false })).toEqual([8, 4]);
    expect(tokenizer.encode('bab', { addSpecialTokens: true })).toEqual([1, 3, 7, 5]);
  });

  it('follows what a GGUF file says about tokens around a prompt and about the first space', () => {
    const golden = readGolden('llama2');
    const plain = fromGguf(golden, { model: 'llama' });
    const bare = fromGguf(golden, { model: 'llama' }, [
      ['tokenizer.ggml.add_bos_token', false], ['tokenizer.ggml.add_eos_token', true],
      ['tokenizer.ggml.add_space_prefix', false],
    ]);
    const ids = plain.encode('Hello', { addSpecialTokens: true });
    expect(ids[0]).toBe(1);
    expect(plain.decode(ids)).toBe('Hello');
    expect(bare.encode('Hello', { addSpecialTokens: true }).at(-1)).toBe(2);
    expect(bare.encode(' Hello', { addSpecialTokens: true }).slice(0, -1)).toEqual(ids.slice(1));
    expect(bare.decode(ids)).toBe(' Hello');
  });

  it('puts the beginning token before a prompt when only tokenizer_config.json asks for it', () => {
    const golden = readGolden('qwen2');
    const config = { bos_token: { content: '<|endoftext|>' }, add_bos_token: true };
    const tokenizer = loadTokenizer(folderSource(golden.tokenizer, config));
    const plain = tokenizer.encode('Hello', { addSpecialTokens: false });
    expect(tokenizer.encode('Hello', { addSpecialTokens: true })).toEqual([2, ...plain]);
  });

  it('knows tokens that only tokenizer_config.json adds', () => {
    const golden = readGolden('qwen2');
    const added_tokens_decoder = {
      700: { content: '<tool>', special: false }, 701: { content: '<|call|>', special: true },
    };
    const tokenizer = loadTokenizer(folderSource(golden.tokenizer, { added_tokens_decoder }));
    expect(tokenizer.encode('<tool><|call|>', { addSpecialTokens: false })).toEqual([700, 701]);
    expect(tokenizer.decode([700, 701])).toBe('<tool>');
    expect(tokenizer.vocabSize).toBe(702);
  });

  it('gives no bytes for special tokens and for ids the vocabulary does not have', () => {
    const tokenizer = loadTokenizer(folderSource(readGolden('llama3').tokenizer));
    expect(tokenizer.isSpecial(0)).toBe(true);
    for (const token of [0, tokenizer.vocabSize, 1e9, -1]) expect(tokenizer.tokenBytes(token)).toHaveLength(0);
    expect(tokenizer.decode([])).toBe('');
  });

  it('writes a lone surrogate as the replacement character', () => {
    for (const name of ['llama3', 'llama2']) {
      const tokenizer = loadTokenizer(folderSource(readGolden(name).tokenizer));
      expect(tokenizer.decode(tokenizer.encode('a\ud83d b', { addSpecialTokens: false }))).toBe('a\ufffd b');
    }
  });

  it.each(['qwen2', 'llama2', 'unigram'])('takes time in proportion to a long text without spaces, with %s', (name) => {
    const tokenizer = loadTokenizer(folderSource(readGolden(name).tokenizer));
    const seconds = (length: number): number => {
      // Different letters, so that no word is remembered from before.
      const text = Array.from({ length }, (_, i) => 'etaoin'[(i * i + length) % 6]).join('');
      // Time on the processor: other work on this machine does not count.
      const start = process.cpuUsage();
      tokenizer.encode(text, { addSpecialTokens: false });
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    };
    seconds(4_000);
    const [short, long] = [Math.max(seconds(4_000), seconds(4_000), 0.002), seconds(128_000)];
    // 32 times the text; quadratic time would be 1024 times the seconds.
    expect(long / short).toBeLessThan(400);
  });
});

describe('the end of a turn', () => {
  it('is every token that any of the model\u2019s files declares, and the known turn ends it has', () => {
    const golden = readGolden('llama3');
    const source = folderSource(golden.tokenizer, { eos_token: { content: '<|endoftext|>' } });
    expect(loadTokenizer(source).endTokens).toEqual([1, 2]);
    const generationConfig = { eos_token_id: [5, 1, 99_999_999] };
    expect(loadTokenizer({ ...source, generationConfig }).endTokens).toEqual([1, 2, 5]);
    expect(loadTokenizer({ ...source, modelConfig: { eos_token_id: 7 } }).endTokens).toEqual([1, 2, 7]);
  });

  it('is what a GGUF file calls eos, eot and eom', () => {
    const golden = readGolden('qwen2');
    const metadata = new Map([
      ...ggufMetadata(golden, { model: 'gpt2', pre: 'qwen2' }),
      ['tokenizer.ggml.eot_token_id', 10] as const, ['tokenizer.ggml.eom_token_id', 11] as const,
    ]);
    const tokenizer = loadTokenizer({ kind: 'gguf', file: 'model.gguf', metadata });
    expect(tokenizer.endTokens).toEqual([1, 2, 10, 11]);
    expect(tokenizer.eosToken).toBe('<|im_end|>');
  });
});

describe('a tokenizer that cannot be read rightly', () => {
  const golden = readGolden('qwen2');
  const refusal = (load: () => unknown): string => {
    try {
      load();
    } catch (error) {
      expect(error).toBeInstanceOf(ModelUnusableError);
      expect((error as Error).message).not.toContain('\n');
      return (error as Error).message;
    }
    throw new Error('it was not refused');
  };
  const folder = (change: Record<string, unknown>) => () =>
    loadTokenizer(folderSource({ ...golden.tokenizer, ...change }));

  it.each([
    ['WordPiece', { model: { type: 'WordPiece', vocab: {} } }],
    ['BertNormalizer', { normalizer: { type: 'Sequence', normalizers: [{ type: 'BertNormalizer' }] } }],
    ['UnicodeScripts', { pre_tokenizer: { type: 'UnicodeScripts' } }],
    ['Split MergedWithNext', {
      pre_tokenizer: { type: 'Split', pattern: { String: '-' }, behavior: 'MergedWithNext', invert: false },
    }],
    ['CTC', { decoder: { type: 'CTC' } }],
    ['##', { model: { type: 'BPE', vocab: {}, merges: [], continuing_subword_prefix: '##' } }],
  ])('is refused by its file and kind: %s', (kind, change) => {
    const message = refusal(folder(change));
    expect(message).toContain('model/tokenizer.json');
    expect(message).toContain(kind);
  });

  it.each([
    ['no model', { model: null }],
    ['a model without a vocabulary', { model: { type: 'BPE', merges: [] } }],
    ['merges that are no list', { model: { type: 'BPE', vocab: { a: 0 }, merges: null } }],
    ['a sequence without steps', { pre_tokenizer: { type: 'Sequence' } }],
    ['an added token without text', { added_tokens: [{ id: 3 }] }],
    ['a pattern that is none', {
      pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false },
    }],
    ['a frame of tokens it lacks', {
      post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<nix>', type_id: 0 } }], pair: [] },
    }],
  ])('is refused by its file: %s', (_, change) => {
    expect(refusal(folder(change))).toContain('model/tokenizer.json');
  });

  it.each([
    ['tokenizer.ggml.model', 'bert', 'bert'],
    ['tokenizer.ggml.pre', 'klingon', 'klingon'],
    ['tokenizer.ggml.tokens', 'none', 'tokenizer.ggml.tokens'],
    ['tokenizer.ggml.tokens', ['a', 1], 'tokenizer.ggml.tokens'],
    ['tokenizer.ggml.token_type', [1], 'token types'],
    ['tokenizer.ggml.merges', false, 'tokenizer.ggml.merges'],
    ['tokenizer.ggml.eos_token_id', -1, 'eos_token_id'],
    ['tokenizer.ggml.bos_token_id', 5_000_000, 'bos_token_id'],
  ] as const)('is refused by its GGUF file: %s is %j', (key, value, named) => {
    const metadata = new Map<string, GgufValue>(ggufMetadata(golden, { model: 'gpt2', pre: 'qwen2' })).set(key, value);
    const message = refusal(() => loadTokenizer({ kind: 'gguf', file: 'model.gguf', metadata }));
    expect(message).toContain('model.gguf');
    expect(message).toContain(named);
  });
});
