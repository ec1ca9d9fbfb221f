import type { ServedModel } from '../../engine/api/served-model.js';
import type { LoadedModel } from '../../engine/loaded-model.js';

/**
 * A model that wants to say one text: every answer's rules are applied to logits in which the text's next token is
 * best, as they would be to a real model's.
 */
export class ScriptedModel implements ServedModel {
  readonly text: LoadedModel['text'];
  readonly contextTokens: number;
  readonly #script: readonly number[];

  constructor(model: LoadedModel, script: string) {
    this.text = model.text;
    this.contextTokens = model.contextTokens;
    this.#script = [...model.text.tokenizer.encode(script, { addSpecialTokens: false }), model.text.tokenizer.endTokens[0]!];
  }

  async *generate({ rules = [] }: Parameters<ServedModel['generate']>[0]): ReturnType<ServedModel['generate']> {
    const { tokenizer, opened } = this.text;
    for (const wanted of this.#script) {
      const logits = new Float32Array(opened.config.vocab);
      logits[wanted] = 1;
      for (const rule of rules) rule.apply(logits);
      const token = logits.reduce((best, logit, id) => (logit > logits[best]! ? id : best), 0);
      for (const rule of rules) rule.accept(token);
      yield { kind: 'token', token, text: await Promise.resolve(tokenizer.decode([token])), margin: 1 };
    }
    const timing = { promptTokens: 1, cachedTokens: 0, tokens: this.#script.length, ttftMs: 1, prefillTokPerS: 1, decodeTokPerS: 1 };
    yield { kind: 'end', reason: 'end', text: '', timing };
  }
}
