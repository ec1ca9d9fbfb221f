/** Turn ends of the common chat formats, where a vocabulary has them as special tokens. */
const knownTurnEnds = [
  '<|im_end|>', '<|eot_id|>', '<|eom_id|>', '<|end_of_text|>', '<|endoftext|>', '<|end|>', '<|eot|>', '<end_of_turn>',
  '</s>',
];

/**
 * Every token at which a turn is over, ascending: the ids that the model's files declare, its eos token, and the
 * known turn ends it has (checkpoints are often published with a base model's eos and a chat model's template).
 *
 * @param idOf id of a token by its text; undefined if the vocabulary has none
 */
export function endTokensOf(
  declared: readonly number[], eosToken: string | null,
  idOf: (text: string) => number | undefined, isSpecial: (id: number) => boolean, vocabSize: number,
): number[] {
  const ends = new Set(declared.filter((id) => id >= 0 && id < vocabSize));
  const eos = eosToken === null ? undefined : idOf(eosToken);
  if (eos !== undefined) ends.add(eos);
  for (const text of knownTurnEnds) {
    const id = idOf(text);
    if (id !== undefined && isSpecial(id)) ends.add(id);
  }
  return [...ends].sort((a, b) => a - b);
}
