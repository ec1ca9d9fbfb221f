import type { StepJson } from './tokenizer-parts.js';

/** The post-processor that puts `before` and `after` around a prompt. */
export function promptFrame(before: readonly string[], after: readonly string[]): StepJson {
  const special = (id: string): unknown => ({ SpecialToken: { id, type_id: 0 } });
  const single = [...before.map(special), { Sequence: { id: 'A', type_id: 0 } }, ...after.map(special)];
  return { type: 'TemplateProcessing', single, pair: [], special_tokens: {} };
}
