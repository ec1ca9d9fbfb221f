import { memo, useRef } from 'react';
import { useHeldBack } from '../use-held-back.js';
import { CodeBlock } from './CodeBlock.js';
import { MarkdownBlock } from './MarkdownBlock.js';
import { nothingSplit, splitBlocks, type Block } from './split-blocks.js';
import { visibleText } from './visible-text.js';

/** Blocks of a long answer that are drawn at once, its last ones, and that are added at a time. */
const atOnce = 12;
const atATime = 4;

/** What a model wrote. While it grows, only its last block is drawn anew. */
export function AnswerText({ text }: { text: string }) {
  const split = useRef(nothingSplit);
  // A cache of pure work: whatever is in it, the blocks come out the same.
  split.current = splitBlocks(split.current, text);
  const { blocks } = split.current;
  const [held] = useHeldBack(() => Math.max(0, blocks.length - atOnce), 0, atATime);
  return (
    <div className="answer-text" dir="auto">
      {blocks.slice(held).map((block, index) => <BlockView key={held + index} block={block} />)}
    </div>
  );
}

const BlockView = memo(function BlockView({ block }: { block: Block }) {
  if (block.kind === 'code') return <CodeBlock language={block.language} text={visibleText(block.text)} />;
  if (block.kind === 'markdown') return <MarkdownBlock text={visibleText(block.text)} />;
  return <p className="whitespace-pre-wrap [content-visibility:auto] [contain-intrinsic-size:auto_40rem]">{visibleText(block.text)}</p>;
}, (before, after) => before.block.kind === after.block.kind && before.block.text === after.block.text);
