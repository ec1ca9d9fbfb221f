import type { Automaton } from '../generate/constrain/automaton.js';
import { Grammar } from '../generate/constrain/grammar.js';
import { VocabularyTrie } from '../generate/constrain/vocabulary-trie.js';
import type { ServedModel } from './served-model.js';

const mostGrammars = 16;

/** The grammars asked for lately: what was found out about one serves the next request with the same schema. */
export class GrammarShelf {
  readonly #grammars = new Map<string, Grammar>();
  #trie: VocabularyTrie | null = null;

  constructor(private readonly model: ServedModel) {}

  /** @param key equal for equal automata */
  grammar(key: string, automaton: () => Automaton): Grammar {
    const known = this.#grammars.get(key);
    this.#grammars.delete(key);
    const grammar = known ?? this.#made(automaton());
    this.#grammars.set(key, grammar);
    const [oldest] = this.#grammars.keys();
    if (this.#grammars.size > mostGrammars && oldest !== undefined) this.#grammars.delete(oldest);
    return grammar;
  }

  #made(automaton: Automaton): Grammar {
    const { tokenizer, opened } = this.model.text;
    this.#trie ??= new VocabularyTrie(tokenizer, opened.config.vocab);
    return new Grammar(automaton, this.#trie, tokenizer, opened.config.vocab);
  }
}
