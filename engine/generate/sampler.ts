import { ModelUnusableError, WrongUseError } from '../errors.js';
import { ScoreHistogram } from './score-histogram.js';
import { validateSampling, type Sampling } from './sampling.js';
import { coarseUniformFrom, keyAt, uniformFrom } from './seeded-random.js';

export { defaultSampling, validateSampling, type Sampling } from './sampling.js';

export interface Choice {
  token: number;
  /**
   * How far apart, in logits, the choice and its runner-up were: small at a near-tie. At temperature 0 the best logit
   * minus the second best (after the penalty); else the same of the logits with their random part. Infinity where
   * only one token was left to choose from.
   */
  margin: number;
}

/**
 * Chooses the next token from a model's logits, in the order of `transformers`: repetition penalty, temperature,
 * top-k, top-p, min-p. Equal logits go to the lower id.
 *
 * The draw is a race: every token kept finishes after an exponential time whose rate is its probability, drawn from
 * the seed, the position and the token's id, and the first one wins. That chooses in exact proportion, and noise in
 * the logits changes the winner only at a near-tie of the race, whatever it does to all other probabilities.
 */
export class Sampler {
  readonly #sampling: Sampling;
  /** (vocab) logits after the penalty. */
  readonly #scores: Float32Array;
  readonly #histogram: ScoreHistogram;
  #first = 0;
  #best = 0;
  #second = 0;

  /** @throws WrongUseError SAMPLING_OUT_OF_RANGE */
  constructor(vocab: number, sampling: Sampling) {
    this.#sampling = { ...validateSampling(sampling) };
    this.#scores = new Float32Array(vocab);
    this.#histogram = new ScoreHistogram(vocab);
  }

  /**
   * @param logits (vocab), only read
   * @param position of the token to choose; keys the randomness
   * @param recent tokens that the penalty counts, once each
   * @throws ModelUnusableError LOGITS_NOT_NUMBERS when a logit is NaN or infinite, or all are minus infinity
   */
  sample(logits: Float32Array, position: number, recent: readonly number[]): Choice {
    if (logits.length !== this.#scores.length) {
      throw new WrongUseError(
        'LOGITS_LENGTH', `There are ${logits.length} logits for ${this.#scores.length} tokens; open the model again.`,
      );
    }
    this.#scores.set(logits);
    this.#penalise(logits, recent);
    this.#findBest();
    if (this.#sampling.temperature === 0) return { token: this.#first, margin: this.#best - this.#second };
    this.#histogram.aim(this.#scores, this.#best, this.#sampling.temperature);
    return this.#race(position);
  }

  #penalise(logits: Float32Array, recent: readonly number[]): void {
    const penalty = this.#sampling.repetitionPenalty;
    if (penalty === 1) return;
    for (let i = 0; i < recent.length; i++) {
      const id = recent[i]!;
      const logit = logits[id];
      if (logit !== undefined) this.#scores[id] = logit < 0 ? logit * penalty : logit / penalty;
    }
  }

  #findBest(): void {
    const scores = this.#scores;
    let first = -1;
    let best = -Infinity;
    let second = -Infinity;
    let allNumbers = true;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (score > best) {
        second = best;
        best = score;
        first = id;
      } else if (score > second) second = score;
      else if (score !== score) allNumbers = false;
    }
    if (!allNumbers || first < 0 || best === Infinity) throw notNumbers();
    this.#first = first;
    this.#best = best;
    this.#second = second;
  }

  /** The lowest score kept by top-k and top-p, and how many tokens of just that score. */
  #cut(): { score: number; ties: number } {
    const { topK, topP } = this.#sampling;
    const limitsCount = topK > 0 && topK < this.#scores.length;
    if (!limitsCount && topP === 1) return everything;
    this.#histogram.fill();
    const byCount = limitsCount ? this.#histogram.topK(topK) : everything;
    return topP === 1 ? byCount : this.#histogram.topP(topP, byCount.score);
  }

  #race(position: number): Choice {
    const { seed, minP, temperature } = this.#sampling;
    const { score: floor, ties } = this.#cut();
    const key = keyAt(seed, position);
    const scores = this.#scores;
    let tiesLeft = ties;
    let token = this.#first;
    let winner = Infinity;
    let runnerUp = Infinity;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (score < floor || (score === floor && tiesLeft-- <= 0)) continue;
      const weight = this.#histogram.weightOf(score);
      if (weight < minP || weight === 0) continue;
      // A time is at least x / weight: most tokens are out of the race before the rest of x is drawn.
      if (coarseUniformFrom(key, id) >= runnerUp * weight) continue;
      const time = -Math.log1p(-uniformFrom(key, id)) / weight;
      if (time < winner) {
        runnerUp = winner;
        winner = time;
        token = id;
      } else if (time < runnerUp) runnerUp = time;
    }
    return { token, margin: temperature * Math.log(runnerUp / winner) };
  }
}

const everything = { score: -Infinity, ties: Infinity };

function notNumbers(): ModelUnusableError {
  return new ModelUnusableError(
    'LOGITS_NOT_NUMBERS', 'model', 'it computed scores that are not numbers',
    'Its weights are damaged or too large for their type: fetch the model again, or load it with --dtype f32',
  );
}
