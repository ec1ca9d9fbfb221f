/** A piece of an answer that is drawn on its own. Once another follows it, it never changes again. */
export type Block =
  | { kind: 'markdown' | 'plain'; text: string }
  /** What stands between fences. */
  | { kind: 'code'; language: string; text: string };

/** An answer in blocks, and where the last one starts: what comes later changes nothing before it. */
export interface SplitText {
  text: string;
  blocks: readonly Block[];
  lastStart: number;
}

/** The longest piece that is read as Markdown: work for one picture stays bounded whatever a model writes. */
export const longestBlock = 6_000;

export const nothingSplit: SplitText = { text: '', blocks: [], lastStart: 0 };

const fenceOpening = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`\s]*)[^`]*$/;
const listItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const indented = /^(?: {2,}|\t)/;
/** What a numbered item may grow from. */
const onlyDigits = /^ {0,3}\d{1,9}$/;

/**
 * Cuts a text into blocks at blank lines and fences. Where `text` goes on from `previous`, all but its last block are
 * taken over, objects and all.
 */
export function splitBlocks(previous: SplitText, text: string): SplitText {
  const goesOn = previous.blocks.length > 0 && text.startsWith(previous.text);
  const blocks = goesOn ? previous.blocks.slice(0, -1) : [];
  let start = goesOn ? previous.lastStart : 0;
  let lastStart = start;
  while (start < text.length) {
    const { block, end } = readBlock(text, start);
    if (block !== null) {
      blocks.push(block);
      lastStart = start;
    }
    start = end;
  }
  return { text, blocks, lastStart };
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? text.length : end);
}

function readBlock(text: string, start: number): { block: Block | null; end: number } {
  const first = lineAt(text, start);
  if (first.trim() === '') return { block: null, end: Math.min(text.length, start + first.length + 1) };
  const fence = fenceOpening.exec(first);
  return fence === null ? readMarkdown(text, start, first) : readCode(text, start, first, fence[1]!, fence[2]!);
}

function readCode(text: string, start: number, first: string, fence: string, language: string): { block: Block; end: number } {
  const body = Math.min(text.length, start + first.length + 1);
  const closing = new RegExp(`^ {0,3}\\${fence[0]!}{${fence.length},}[ \\t]*$`, 'm');
  const found = closing.exec(text.slice(body));
  const end = found === null ? text.length : body + found.index;
  const code = text.slice(body, end).replace(/\n$/, '');
  return { block: { kind: 'code', language, text: code }, end: found === null ? end : Math.min(text.length, end + found[0].length + 1) };
}

function readMarkdown(text: string, start: number, first: string): { block: Block; end: number } {
  if (first.length > longestBlock) return { block: { kind: 'plain', text: text.slice(start, cutAt(text, start)) }, end: cutAt(text, start) };
  const isList = listItem.test(first);
  let end = start;
  let blank = false;
  while (end < text.length) {
    const line = lineAt(text, end);
    const mayGrow = end + line.length === text.length;
    if (line.trim() !== '' && end > start && beginsBlock(line, isList, blank) && !(isList && mayGrow && onlyDigits.test(line))) break;
    if (end > start && end + line.length - start > longestBlock) break;
    blank = line.trim() === '';
    end = Math.min(text.length, end + line.length + 1);
  }
  return { block: { kind: 'markdown', text: text.slice(start, end).trimEnd() }, end };
}

/** Whether a line starts a block of its own, after one that is a list or is not. */
function beginsBlock(line: string, afterList: boolean, afterBlank: boolean): boolean {
  if (fenceOpening.test(line)) return true;
  if (!afterBlank) return false;
  return !(afterList && (listItem.test(line) || indented.test(line))) && !/^(?: {4}|\t)/.test(line);
}

/** Where an overlong line is cut: never inside a pair of surrogates. */
function cutAt(text: string, start: number): number {
  const at = start + longestBlock;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
