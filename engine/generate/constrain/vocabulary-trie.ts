import type { Tokenizer } from '../../tokenizer/tokenizer.js';

/**
 * All tokens that stand for bytes, as one tree: tokens that begin alike share the way, so whatever cannot begin so is
 * left out at once. Nodes lie in depth-first order; a node's subtree ends where `subtreeEnd` says.
 */
export class VocabularyTrie {
  /** (nodes) the byte that leads to each node. */
  readonly bytes: Uint8Array;
  /** (nodes) 0 for the first byte of a token. */
  readonly depths: Uint16Array;
  /** (nodes) */
  readonly subtreeEnd: Int32Array;
  /** (nodes + 1) where the node's tokens begin in `tokens`. */
  readonly tokensFrom: Int32Array;
  readonly tokens: Int32Array;
  readonly deepest: number;

  constructor(tokenizer: Pick<Tokenizer, 'tokenBytes' | 'vocabSize'>, vocab: number) {
    const entries = sortedEntries(tokenizer, Math.min(vocab, tokenizer.vocabSize));
    const nodes = entries.reduce((sum, entry, index) => sum + entry.bytes.length - shared(entries[index - 1], entry), 0);
    this.bytes = new Uint8Array(nodes);
    this.depths = new Uint16Array(nodes);
    this.subtreeEnd = new Int32Array(nodes).fill(nodes);
    this.tokensFrom = new Int32Array(nodes + 1);
    this.tokens = Int32Array.from(entries, (entry) => entry.token);
    this.deepest = entries.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    this.#lay(entries);
  }

  #lay(entries: readonly Entry[]): void {
    const way: number[] = [];
    let node = 0;
    entries.forEach((entry, index) => {
      const kept = shared(entries[index - 1], entry);
      for (const left of way.splice(kept)) this.subtreeEnd[left] = node;
      for (let depth = kept; depth < entry.bytes.length; depth++) {
        this.bytes[node] = entry.bytes[depth]!;
        this.depths[node] = depth;
        this.tokensFrom[node] = index;
        way.push(node++);
      }
      // Tokens spelled alike lie on one node; they follow each other in the order.
      for (let after = way.at(-1)! + 1; after <= node; after++) this.tokensFrom[after] = index + 1;
    });
  }
}

interface Entry {
  token: number;
  bytes: Uint8Array;
}

function sortedEntries(tokenizer: Pick<Tokenizer, 'tokenBytes'>, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let token = 0; token < count; token++) {
    const bytes = tokenizer.tokenBytes(token);
    if (bytes.length > 0) entries.push({ token, bytes });
  }
  return entries.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
}

/** How many bytes two entries have in common from their start. */
function shared(before: Entry | undefined, entry: Entry): number {
  if (before === undefined) return 0;
  let count = 0;
  while (count < before.bytes.length && before.bytes[count] === entry.bytes[count]) count += 1;
  return count;
}
