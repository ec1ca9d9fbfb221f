import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../engine/tokenizer/load-tokenizer.js';
import { TokenTextStream } from '../../../engine/tokenizer/token-text-stream.js';
import { folderSource, readGolden } from './golden-tokenizers.js';

const names = ['llama3', 'qwen2', 'llama2', 'metaspace-first', 'unigram'];
const runs = { numRuns: 300, ...(process.env['HEARTH_SEED'] ? { seed: Number(process.env['HEARTH_SEED']) } : {}) };

describe.each(names)('the text of an answer from %s', (name) => {
  const golden = readGolden(name);
  const tokenizer = loadTokenizer(folderSource(golden.tokenizer));
  const anyTokens = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 40 });
  const stream = (tokens: readonly number[], atTextStart: boolean): string => {
    const text = new TokenTextStream(tokenizer, { atTextStart });
    return tokens.map((token) => text.push(token)).join('') + text.flush();
  };

  it('is in pieces what it is as a whole, broken bytes included', () => {
    fc.assert(fc.property(anyTokens, (tokens) => {
      expect(stream(tokens, true)).toBe(tokenizer.decode(tokens));
    }), runs);
  });

  it('goes on from a prompt with the space that belongs to it', () => {
    const prompt = tokenizer.encode('Hello', { addSpecialTokens: true });
    const before = tokenizer.decode(prompt);
    fc.assert(fc.property(anyTokens, (tokens) => {
      expect(before + stream(tokens, false)).toBe(tokenizer.decode([...prompt, ...tokens]));
    }), runs);
  });

  it('never shows half a character of a valid text', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(fc.property(anyText, (text) => {
      fc.pre(!text.includes('\ufffd'));
      const tokens = tokenizer.encode(text, { addSpecialTokens: false });
      const whole = tokenizer.decode(tokens);
      fc.pre(!whole.includes('\ufffd'));
      const pieces = new TokenTextStream(tokenizer, { atTextStart: true });
      let shown = '';
      for (const token of tokens) {
        shown += pieces.push(token);
        expect(shown).not.toContain('\ufffd');
        expect(shown).not.toMatch(/\p{Surrogate}/u);
        expect(whole.startsWith(shown)).toBe(true);
      }
      expect(shown + pieces.flush()).toBe(whole);
    }), runs);
  });
});

describe('an answer that stops within a character', () => {
  it('shows the replacement character once, at the end', () => {
    const tokenizer = loadTokenizer(folderSource(readGolden('llama2').tokenizer));
    const emoji = tokenizer.encode('😀', { addSpecialTokens: false }).slice(-4);
    const text = new TokenTextStream(tokenizer);
    expect(emoji.slice(0, 3).map((token) => text.push(token))).toEqual(['', '', '']);
    expect(text.flush()).toBe('\ufffd');
    expect(emoji.map((token) => text.push(token))).toEqual(['', '', '', '😀']);
  });
});
