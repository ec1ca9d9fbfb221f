import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Grammar } from '../../../../engine/generate/constrain/grammar.js';
import { GrammarRule, OpenedGrammarRule } from '../../../../engine/generate/constrain/grammar-rule.js';
import { jsonSchemaAutomaton } from '../../../../engine/generate/constrain/json-schema.js';
import { VocabularyTrie } from '../../../../engine/generate/constrain/vocabulary-trie.js';
import { loadTokenizer } from '../../../../engine/tokenizer/load-tokenizer.js';
import { randomFrom } from './random-text.js';
import { schemas } from './schemas.js';

const folder = new URL('../../../golden/models/llama-gqa/', import.meta.url);
const read = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizer = loadTokenizer({
  kind: 'huggingface', file: 'tokenizer.json', tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'), generationConfig: read('generation_config.json'),
  modelConfig: read('config.json'), chatTemplateFile: null,
});
const vocab = 288;
const trie = new VocabularyTrie(tokenizer, vocab);

function allowed(rule: { apply(logits: Float32Array): void }): number[] {
  const logits = new Float32Array(vocab);
  rule.apply(logits);
  return [...logits.keys()].filter((token) => logits[token] === 0);
}

describe('a grammar over a vocabulary', () => {
  it('allows just the tokens that can go on, at every place of random answers', () => {
    const random = randomFrom(3);
    for (const schema of Object.values(schemas)) {
      const grammar = new Grammar(jsonSchemaAutomaton(schema), trie, tokenizer, vocab);
      let at = grammar.start;
      for (let step = 0; step < 12; step++) {
        const logits = new Float32Array(vocab);
        grammar.apply(at, logits);
        const possible: number[] = [];
        for (let token = 0; token < vocab; token++) {
          const bytes = tokenizer.tokenBytes(token);
          const may = tokenizer.endTokens.includes(token) ? at.complete : bytes.length > 0 && grammar.after(at, token) !== null;
          expect(logits[token] === 0, `token ${token} at step ${step} of ${JSON.stringify(schema)}`).toBe(may);
          if (may && bytes.length > 0) possible.push(token);
        }
        if (possible.length === 0) break;
        at = grammar.after(at, possible[Math.floor(random() * possible.length)]!)!;
      }
    }
  });

  it('ends an answer only where its text is complete', () => {
    const rule = new GrammarRule(new Grammar(jsonSchemaAutomaton({ const: 12 }), trie, tokenizer, vocab));
    const written: number[] = [];
    for (let next = allowed(rule); !tokenizer.endTokens.includes(next[0]!); next = allowed(rule)) {
      written.push(next[0]!);
      rule.accept(next[0]!);
    }
    expect(tokenizer.decode(written)).toBe('12');
    expect(allowed(rule)).toEqual([...tokenizer.endTokens]);
  });

  it('holds only what follows an opening, and leaves the rest free', () => {
    const grammar = new Grammar(jsonSchemaAutomaton({ type: 'boolean' }), trie, tokenizer, vocab);
    const rule = new OpenedGrammarRule(grammar, '<call>', (token) => tokenizer.tokenBytes(token));
    const write = (text: string): void => tokenizer.encode(text, { addSpecialTokens: false }).forEach((token) => rule.accept(token));
    write('so <cal');
    expect(allowed(rule)).toHaveLength(vocab);
    write('l>');
    const spelled = allowed(rule).map((token) => tokenizer.decode([token]));
    expect(spelled.every((text) => 'true'.startsWith(text) || 'false'.startsWith(text)), spelled.join()).toBe(true);
    write('true');
    expect(allowed(rule)).toHaveLength(vocab);
    write(' and <call>');
    expect(allowed(rule).length).toBeLessThan(20);
  });

  it('lets an answer only end behind the one opening that it may have', () => {
    const grammar = new Grammar(jsonSchemaAutomaton({ type: 'boolean' }), trie, tokenizer, vocab);
    const rule = new OpenedGrammarRule(grammar, '<call>', (token) => tokenizer.tokenBytes(token), true);
    tokenizer.encode('so <call>true', { addSpecialTokens: false }).forEach((token) => rule.accept(token));
    expect(allowed(rule)).toEqual([...tokenizer.endTokens]);
  });
});

describe('a tree of tokens', () => {
  it('holds every token that has bytes, once, at the end of its bytes', () => {
    const found: [number, string][] = [];
    const way: number[] = [];
    for (let node = 0; node < trie.bytes.length; node++) {
      way.length = trie.depths[node]!;
      way.push(trie.bytes[node]!);
      for (let at = trie.tokensFrom[node]!; at < trie.tokensFrom[node + 1]!; at++) {
        found.push([trie.tokens[at]!, Buffer.from(way).toString('hex')]);
      }
    }
    const expected = Array.from({ length: vocab }, (_, token) => [token, Buffer.from(tokenizer.tokenBytes(token)).toString('hex')] as [number, string])
      .filter(([, bytes]) => bytes !== '');
    expect(found.sort((a, b) => a[0] - b[0])).toEqual(expected);
  });
});
