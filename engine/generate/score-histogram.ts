/** Buckets per factor of e in probability; scores more than 64 such factors below the best are in none. */
const perNat = 64;
const bucketCount = 64 * perNat;

/** (bucketCount) exp(-bucket / perNat) */
const bucketWeight = Float64Array.from({ length: bucketCount }, (_, bucket) => Math.exp(-bucket / perNat));

/** exp(-depth / perNat) for a depth in buckets: a table, and a series that ends below 1e-13 of the value. */
function weightAt(depth: number): number {
  const bucket = depth | 0;
  const x = (bucket - depth) / perNat;
  return bucketWeight[bucket]! * (1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120))))));
}

/** Where a list of tokens, best first, is cut: scores above `score` stay, and `ties` of those equal to it. */
export interface Cut {
  score: number;
  /** Lowest ids first. */
  ties: number;
}

/**
 * Weighs scores, and finds how far down the best of them reach without sorting a vocabulary: scores are counted in
 * buckets, and only the bucket in which the cut falls is sorted. Buffers are made once; a token leaves no garbage
 * worth measuring.
 */
export class ScoreHistogram {
  readonly #counts = new Uint32Array(bucketCount);
  readonly #mass = new Float64Array(bucketCount);
  /** (vocab) scores of one bucket. */
  readonly #bucket: Float32Array;
  #scores: Float32Array = new Float32Array(0);
  #best = 0;
  #scale = 0;

  constructor(vocab: number) {
    this.#bucket = new Float32Array(vocab);
  }

  /** @param scores (vocab) logits, of which `best` is the largest */
  aim(scores: Float32Array, best: number, temperature: number): void {
    this.#scores = scores;
    this.#best = best;
    this.#scale = perNat / temperature;
  }

  /** exp((score - best) / temperature); 0 below e^-64, which no draw would ever reach. */
  weightOf(score: number): number {
    const depth = (this.#best - score) * this.#scale;
    return depth < bucketCount ? weightAt(depth) : 0;
  }

  /** Counts and weighs all scores: before `topK` and `topP`. */
  fill(): void {
    const counts = this.#counts.fill(0);
    const mass = this.#mass.fill(0);
    const scores = this.#scores;
    const best = this.#best;
    const scale = this.#scale;
    for (let id = 0; id < scores.length; id++) {
      const depth = (best - scores[id]!) * scale;
      if (!(depth < bucketCount)) continue;
      const bucket = depth | 0;
      counts[bucket]! += 1;
      mass[bucket]! += weightAt(depth);
    }
  }

  /** The cut that keeps the `k` best; scores equal to the last of them stay too. */
  topK(k: number): Cut {
    let bucket = 0;
    let before = 0;
    while (bucket < bucketCount && before + this.#counts[bucket]! < k) before += this.#counts[bucket++]!;
    if (bucket === bucketCount) return { score: -Infinity, ties: Infinity };
    const sorted = this.#sortBucket(bucket);
    return { score: sorted[sorted.length - (k - before)]!, ties: Infinity };
  }

  /** The cut that keeps, of the scores not below `floor`, the fewest best whose weights reach `p` of theirs. */
  topP(p: number, floor: number): Cut {
    const limited = floor > -Infinity;
    const last = limited ? Math.floor((this.#best - floor) * this.#scale) : bucketCount - 1;
    let total = limited ? this.#massWithin(last, floor) : this.#mass[last]!;
    for (let bucket = 0; bucket < last; bucket++) total += this.#mass[bucket]!;
    const target = p * total;
    let bucket = 0;
    let reached = 0;
    while (bucket < last && reached + this.#mass[bucket]! < target) reached += this.#mass[bucket++]!;
    return this.#cutWithin(bucket, floor, target, reached);
  }

  #cutWithin(bucket: number, floor: number, target: number, reached: number): Cut {
    const sorted = this.#sortBucket(bucket);
    let score = -Infinity;
    let ties = Infinity;
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! >= floor; i--) {
      if (i < sorted.length - 1 && reached >= target) break;
      ties = sorted[i] === score ? ties + 1 : 1;
      score = sorted[i]!;
      reached += this.weightOf(score);
    }
    return { score, ties };
  }

  /** Weight of a bucket's scores that are not below `floor`. */
  #massWithin(bucket: number, floor: number): number {
    const sorted = this.#sortBucket(bucket);
    let mass = 0;
    for (let i = sorted.length - 1; i >= 0 && sorted[i]! >= floor; i--) mass += this.weightOf(sorted[i]!);
    return mass;
  }

  /** Ascending. */
  #sortBucket(bucket: number): Float32Array {
    const scores = this.#scores;
    const members = this.#bucket;
    const best = this.#best;
    const scale = this.#scale;
    let length = 0;
    for (let id = 0; id < scores.length; id++) {
      const depth = (best - scores[id]!) * scale;
      if (depth >= bucket && depth < bucket + 1) members[length++] = scores[id]!;
    }
    return members.subarray(0, length).sort();
  }
}
