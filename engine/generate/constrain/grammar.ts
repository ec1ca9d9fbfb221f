import type { Tokenizer } from '../../tokenizer/tokenizer.js';
import type { Automaton } from './automaton.js';
import { RunningAutomaton, type Situation } from './running-automaton.js';
import type { VocabularyTrie } from './vocabulary-trie.js';

/** Tokens that may come next: one bit each. */
type TokenMask = Uint32Array;

const mostMasks = 256;

/**
 * An automaton over one model's tokens. Which tokens may come in a situation is found once and kept, so the grammar is
 * shared by all answers that follow it.
 */
export class Grammar {
  readonly #running: RunningAutomaton;
  readonly #masks = new Map<Situation, TokenMask>();

  /** @param vocab how many logits the model has */
  constructor(
    automaton: Automaton,
    private readonly trie: VocabularyTrie,
    private readonly tokenizer: Pick<Tokenizer, 'tokenBytes' | 'endTokens'>,
    private readonly vocab: number,
  ) {
    this.#running = new RunningAutomaton(automaton);
  }

  get start(): Situation {
    return this.#running.start;
  }

  /** Where `token` leads; null if it may not come. End tokens lead nowhere further. */
  after(situation: Situation, token: number): Situation | null {
    return this.afterBytes(situation, this.tokenizer.tokenBytes(token));
  }

  afterBytes(situation: Situation, bytes: Uint8Array): Situation | null {
    let at: Situation | null = situation;
    for (const byte of bytes) {
      at = this.#running.step(at, byte);
      if (at === null) return null;
    }
    return at;
  }

  /** Rules out every token that may not come: of all others, minus infinity is written over their logits (vocab). */
  apply(situation: Situation, logits: Float32Array): void {
    const mask = this.#mask(situation);
    for (let token = 0; token < logits.length; token++) {
      if ((mask[token >>> 5]! & (1 << (token & 31))) === 0) logits[token] = -Infinity;
    }
  }

  #mask(situation: Situation): TokenMask {
    let mask = this.#masks.get(situation);
    if (mask === undefined) {
      if (this.#masks.size >= mostMasks) this.#masks.clear();
      mask = this.#findMask(situation);
      this.#masks.set(situation, mask);
    }
    return mask;
  }

  #findMask(situation: Situation): TokenMask {
    const { trie } = this;
    const mask = new Uint32Array(Math.ceil(this.vocab / 32));
    const allow = (token: number): void => void (mask[token >>> 5]! |= 1 << (token & 31));
    if (situation.complete) this.tokenizer.endTokens.filter((token) => token < this.vocab).forEach(allow);
    const way = new Array<Situation>(trie.deepest + 1).fill(situation);
    for (let node = 0; node < trie.bytes.length; ) {
      const depth = trie.depths[node]!;
      const next = this.#running.step(way[depth]!, trie.bytes[node]!);
      if (next === null) {
        node = trie.subtreeEnd[node]!;
        continue;
      }
      way[depth + 1] = next;
      for (let at = trie.tokensFrom[node]!; at < trie.tokensFrom[node + 1]!; at++) allow(trie.tokens[at]!);
      node += 1;
    }
    return mask;
  }
}
