import { ModelUnusableError } from '../../errors.js';
import type { LogitRule } from '../logit-rule.js';
import type { Grammar } from './grammar.js';
import type { Situation } from './running-automaton.js';

/** Holds an answer to a grammar from its first token: only what can go on to a complete text may come. */
export class GrammarRule implements LogitRule {
  #situation: Situation;

  constructor(private readonly grammar: Grammar) {
    this.#situation = grammar.start;
  }

  apply(logits: Float32Array): void {
    held(this.grammar, this.#situation, logits);
  }

  accept(token: number): void {
    this.#situation = this.grammar.after(this.#situation, token) ?? this.#situation;
  }
}

/**
 * Holds an answer to a grammar from where a text comes up in it, up to where that grammar is complete: what a model
 * writes after it opened a tool call. It may open several, unless the first shall be the end of the answer.
 */
export class OpenedGrammarRule implements LogitRule {
  #situation: Situation | null = null;
  #recent = Buffer.alloc(0);
  readonly #opening: Buffer;

  /**
   * @param bytesOf the bytes of a token, those of a special token that opens the text included
   * @param once the answer ends where the grammar is complete
   */
  constructor(
    private readonly grammar: Grammar,
    opening: string,
    private readonly bytesOf: (token: number) => Uint8Array,
    private readonly once = false,
  ) {
    this.#opening = Buffer.from(opening, 'utf8');
  }

  apply(logits: Float32Array): void {
    if (this.#situation !== null) held(this.grammar, this.#situation, logits);
  }

  accept(token: number): void {
    const bytes = this.bytesOf(token);
    if (this.#situation === null) this.#lookForOpening(bytes);
    else this.#situation = this.grammar.afterBytes(this.#situation, bytes);
    if (this.#situation?.complete === true && !this.once) this.#situation = null;
  }

  #lookForOpening(bytes: Uint8Array): void {
    const seen = Buffer.concat([this.#recent, bytes]);
    const found = seen.indexOf(this.#opening);
    this.#recent = seen.subarray(Math.max(0, seen.length - this.#opening.length + 1));
    if (found < 0) return;
    // The token that completed the opening may have gone on behind it; a call begun wrongly is left to itself.
    this.#situation = this.grammar.afterBytes(this.grammar.start, seen.subarray(found + this.#opening.length));
    this.#recent = Buffer.alloc(0);
  }
}

/** Leaves the logits of tokens that may come. ModelUnusableError GRAMMAR_NOT_SPELLABLE where there are none. */
function held(grammar: Grammar, situation: Situation, logits: Float32Array): void {
  grammar.apply(situation, logits);
  if (logits.some((logit) => logit > -Infinity)) return;
  throw new ModelUnusableError(
    'GRAMMAR_NOT_SPELLABLE', 'tokenizer', 'it has no tokens for the text that the schema asks for next',
    'Ask without a schema, or use another model',
  );
}
