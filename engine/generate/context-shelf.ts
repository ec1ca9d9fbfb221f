/** What one context of the KV cache holds. */
export interface KeptContext {
  /** Tokens whose keys and values are there, in order. */
  tokens: readonly number[];
  /** How many of them were the prompt that was last asked with. */
  promptTokens: number;
  /** Grows with every use; 0 = never. */
  lastUse: number;
}

/** Where a prompt is to be read. */
export interface ContextChoice {
  context: number;
  /** How many of the prompt's first tokens need not be computed. */
  cached: number;
  /** The context that these are copied from first; null where they are in place. */
  copyFrom: number | null;
}

/**
 * The context a prompt is read into. The same conversation goes on where it is: all that it was last asked with begins
 * this prompt too. Another one, which may share a system prompt, gets the beginning as a copy, in a context that is free,
 * else in the one that was longest unused. At least one token of a prompt is always computed. Pure.
 */
export function chooseContext(kept: readonly KeptContext[], prompt: readonly number[]): ContextChoice {
  const shared = kept.map(({ tokens }) => sharedStart(tokens, prompt));
  const best = indexOfLargest(kept.map(({ lastUse }, index) => [shared[index] ?? 0, lastUse]));
  const inCommon = shared[best] ?? 0;
  const cached = Math.min(inCommon, prompt.length - 1);
  const source = kept[best];
  if (source === undefined) throw new Error('a KV cache has at least one context');
  const goesOn = source.tokens.length > 0 && inCommon >= source.promptTokens;
  const target = goesOn ? best : longestUnused(kept);
  return { context: target, cached, copyFrom: target === best || cached === 0 ? null : best };
}

/** Which context of the KV cache holds which tokens: a chat that goes on finds its beginning, even after others. */
export class ContextShelf {
  readonly #kept: { tokens: number[]; promptTokens: number; lastUse: number }[];
  #uses = 0;

  constructor(contexts: number) {
    this.#kept = Array.from({ length: contexts }, () => ({ tokens: [], promptTokens: 0, lastUse: 0 }));
  }

  /** Chooses a context for a prompt. Where its beginning has to be copied first, the context is empty until then. */
  take(prompt: readonly number[]): ContextChoice {
    const choice = chooseContext(this.#kept, prompt);
    const taken = this.#context(choice.context);
    taken.tokens = choice.copyFrom === null ? prompt.slice(0, choice.cached) : [];
    taken.promptTokens = prompt.length;
    taken.lastUse = ++this.#uses;
    return choice;
  }

  /** The context holds only its first `position` tokens from here on. */
  truncate(context: number, position: number): void {
    const { tokens } = this.#context(context);
    tokens.length = Math.min(tokens.length, position);
  }

  /** `tokens` were computed behind what the context held. */
  append(context: number, tokens: readonly number[]): void {
    this.#context(context).tokens.push(...tokens);
  }

  /** What a context holds. */
  tokensOf(context: number): readonly number[] {
    return this.#context(context).tokens;
  }

  /** Nothing is left but `tokens`, in context 0. */
  restore(tokens: readonly number[], promptTokens: number): number {
    this.clear();
    Object.assign(this.#context(0), { tokens: [...tokens], promptTokens, lastUse: ++this.#uses });
    return 0;
  }

  /** All contexts are empty again. */
  clear(): void {
    for (const kept of this.#kept) Object.assign(kept, { tokens: [], promptTokens: 0, lastUse: 0 });
  }

  #context(index: number): { tokens: number[]; promptTokens: number; lastUse: number } {
    const kept = this.#kept[index];
    if (kept === undefined) throw new RangeError(`there is no context ${index}`);
    return kept;
  }
}

function longestUnused(kept: readonly KeptContext[]): number {
  return indexOfLargest(kept.map(({ tokens, lastUse }) => [tokens.length === 0 ? 1 : 0, -lastUse]));
}

/** Compared by the first number, then by the second. The first of equals. */
function indexOfLargest(pairs: readonly (readonly [number, number])[]): number {
  let best = 0;
  for (const [index, [first, second]] of pairs.entries()) {
    const [bestFirst, bestSecond] = pairs[best] ?? [first, second];
    if (first > bestFirst || (first === bestFirst && second > bestSecond)) best = index;
  }
  return best;
}

/** How many tokens two sequences have in common from their start. */
function sharedStart(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}
