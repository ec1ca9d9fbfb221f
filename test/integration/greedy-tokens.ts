/** The part of a shard that decoding needs. */
interface Passes {
  readonly logits: ArrayLike<number>;
  pass(tokens: readonly number[], position: number, logitRows: number): Promise<void>;
}

/** The `count` best tokens after `prompt`, one by one. */
export async function greedyTokens(shard: Passes, prompt: readonly number[], count: number): Promise<number[]> {
  await shard.pass(prompt, 0, 1);
  const tokens = [best(shard.logits)];
  while (tokens.length < count) {
    await shard.pass(tokens.slice(-1), prompt.length + tokens.length - 1, 1);
    tokens.push(best(shard.logits));
  }
  return tokens;
}

function best(logits: ArrayLike<number>): number {
  let winner = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? NaN) > (logits[winner] ?? NaN)) winner = i;
  return winner;
}
