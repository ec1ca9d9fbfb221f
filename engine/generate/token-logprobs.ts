/** Natural logarithms of probabilities, from the logits as the model gave them (no temperature, no rules). */
export interface TokenLogprobs {
  logprob: number;
  /** The most probable tokens, best first. */
  top: { token: number; logprob: number }[];
}

/** The probability of `token` and of the `count` best tokens. Reads `logits` (vocab) only. */
export function logprobsOf(logits: Float32Array, token: number, count: number): TokenLogprobs {
  const best = bestTokens(logits, Math.max(1, count));
  const most = logits[best[0]!]!;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - most);
  const total = most + Math.log(sum);
  return {
    logprob: logits[token]! - total,
    top: best.slice(0, count).map((id) => ({ token: id, logprob: logits[id]! - total })),
  };
}

/** Ids of the largest logits, best first; equal ones by id. */
function bestTokens(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const score = logits[id]!;
    if (best.length === count && !(score > logits[best[count - 1]!]!)) continue;
    let at = best.length;
    while (at > 0 && score > logits[best[at - 1]!]!) at -= 1;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
