import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeChunks } from '../../../renderer/chat/markdown/code-chunks.js';
import { longestBlock, nothingSplit, splitBlocks } from '../../../renderer/chat/markdown/split-blocks.js';
import { visibleText } from '../../../renderer/chat/markdown/visible-text.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
const blocks = (text: string) => splitBlocks(nothingSplit, text).blocks;

/** Lines that begin, end and continue every kind of block. */
const line = fc.constantFrom('', '', 'words', '- item', '1. one', '   more', '```js', '```', '~~~', '> said', '# head', '    code', '| a | b |');
const anyText = fc.array(line, { maxLength: 40 }).map((lines) => lines.join('\n'));

describe('An answer in blocks', () => {
  test('is cut at blank lines and fences', () => {
    expect(blocks('One\ntwo\n\nThree\n```py\nx = 1\n\ny\n```\nend')).toEqual([
      { kind: 'markdown', text: 'One\ntwo' }, { kind: 'markdown', text: 'Three' },
      { kind: 'code', language: 'py', text: 'x = 1\n\ny' }, { kind: 'markdown', text: 'end' },
    ]);
  });

  test('keeps a list with its blank lines in one piece', () => {
    expect(blocks('- a\n\n- b\n\n  more of b\n\nafter')).toHaveLength(2);
  });

  test('shows a fence that is still open as code', () => {
    expect(blocks('```\nlet a')).toEqual([{ kind: 'code', language: '', text: 'let a' }]);
  });

  test('waits for what a digit after a list becomes', () => {
    const begun = splitBlocks(nothingSplit, '- a\n\n1');
    expect(splitBlocks(begun, '- a\n\n1. b').blocks).toEqual([{ kind: 'markdown', text: '- a\n\n1. b' }]);
    expect(splitBlocks(begun, '- a\n\n1 b').blocks).toEqual([{ kind: 'markdown', text: '- a' }, { kind: 'markdown', text: '1 b' }]);
  });

  test('is the same whether it comes at once or piece by piece', () => {
    fc.assert(fc.property(anyText, fc.integer({ min: 1, max: 9 }), (text, step) => {
      let split = nothingSplit;
      for (let end = step; end < text.length + step; end += step) split = splitBlocks(split, text.slice(0, end));
      expect(split.blocks).toEqual(blocks(text));
    }), seed);
  });

  test('never changes a block once another follows it', () => {
    fc.assert(fc.property(anyText, anyText, (text, more) => {
      const before = splitBlocks(nothingSplit, text);
      const after = splitBlocks(before, text + more);
      before.blocks.slice(0, -1).forEach((block, index) => expect(after.blocks[index]).toBe(block));
    }), seed);
  });

  test('has no block of Markdown that is too long to be read in one frame, and loses nothing of a long line', () => {
    const long = `${'x'.repeat(longestBlock - 1)}😀`.repeat(40);
    const split = blocks(`${long}\n\n${'word '.repeat(3000)}`);
    expect(split.every(({ text }) => text.length <= longestBlock + 1)).toBe(true);
    expect(split.map(({ text }) => text).join('').startsWith(long)).toBe(true);
    expect(split.some(({ text }) => /^[\udc00-\udfff]/.test(text))).toBe(false);
  });
});

test('Long code is cut into pieces that do not change when it grows', () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 300 }), fc.string(), (lines, more) => {
    const code = lines.join('\n');
    const before = codeChunks(code);
    expect(before.join('')).toBe(code);
    expect(codeChunks(code + more).slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1));
  }), seed);
});

test('Characters that reorder text are not shown', () => {
  expect(visibleText('a\u202egnp.exe\u2069 שלום')).toBe('agnp.exe שלום');
});
