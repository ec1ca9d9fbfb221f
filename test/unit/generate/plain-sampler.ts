import type { Sampling } from '../../../engine/generate/sampling.js';
import { uniformAt } from '../../../engine/generate/seeded-random.js';

/** A token that may be chosen, with its probability among those kept. */
export interface Kept {
  id: number;
  probability: number;
}

type Filters = Omit<Sampling, 'seed'>;

/** Logits after the penalty, rounded to 32 bits as scores are. */
export function penalised(logits: ArrayLike<number>, penalty: number, recent: readonly number[]): number[] {
  return Array.from(logits, (logit, id) =>
    Math.fround(!recent.includes(id) ? logit : logit < 0 ? logit * penalty : logit / penalty));
}

/** What the filters keep, written as plainly as possible: sort everything, cut, cut, cut. */
export function keptTokens(logits: ArrayLike<number>, filters: Filters, recent: readonly number[]): Kept[] {
  const scores = penalised(logits, filters.repetitionPenalty, recent);
  const best = Math.max(...scores);
  const all = scores.map((score, id) => ({ id, score, weight: Math.exp((score - best) / filters.temperature) }));
  let kept = all.filter((token) => token.weight > Math.exp(-64)).sort((a, b) => b.score - a.score || a.id - b.id);
  if (filters.topK > 0 && filters.topK < all.length) {
    const last = kept[filters.topK - 1]?.score ?? -Infinity;
    kept = kept.filter((token) => token.score >= last);
  }
  if (filters.topP < 1) {
    const total = kept.reduce((sum, token) => sum + token.weight, 0);
    let above = 0;
    kept = kept.filter((token) => {
      const keep = above < filters.topP * total;
      above += token.weight;
      return keep;
    });
  }
  kept = kept.filter((token) => token.weight >= filters.minP);
  const total = kept.reduce((sum, token) => sum + token.weight, 0);
  return kept.map(({ id, weight }) => ({ id, probability: weight / total })).sort((a, b) => a.id - b.id);
}

/** The winner of the race among `kept`, and how far in logits the runner-up was behind. */
export function raceAmong(kept: readonly Kept[], seed: number, position: number, temperature: number) {
  const times = kept
    .map(({ id, probability }) => ({ id, time: -Math.log1p(-uniformAt(seed, position, id)) / probability }))
    .sort((a, b) => a.time - b.time);
  return { token: times[0]!.id, margin: temperature * Math.log((times[1]?.time ?? Infinity) / times[0]!.time) };
}
