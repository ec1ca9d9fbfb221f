/**
 * Changes the logits before a token is chosen from them, and hears which one was. One object serves one answer; the
 * rules of an answer are applied in their order.
 */
export interface LogitRule {
  /** @param logits (vocab), changed in place; minus infinity rules a token out */
  apply(logits: Float32Array): void;
  accept(token: number): void;
}

/** Adds a fixed amount to single logits. */
export class LogitBias implements LogitRule {
  /** @param biases by token id; ids beyond the vocabulary have no effect */
  constructor(private readonly biases: ReadonlyMap<number, number>) {}

  apply(logits: Float32Array): void {
    for (const [token, bias] of this.biases) {
      const logit = logits[token];
      if (logit !== undefined) logits[token] = logit + bias;
    }
  }

  accept(): void {
    // The same for every token.
  }
}

/**
 * Lowers the logits of tokens that the answer already has: by `presence` once, and by `frequency` for every time it
 * came (the OpenAI API's `presence_penalty` and `frequency_penalty`).
 */
export class RepeatPenalty implements LogitRule {
  readonly #counts = new Map<number, number>();

  constructor(
    private readonly frequency: number,
    private readonly presence: number,
  ) {}

  apply(logits: Float32Array): void {
    for (const [token, count] of this.#counts) {
      const logit = logits[token];
      if (logit !== undefined) logits[token] = logit - this.presence - this.frequency * count;
    }
  }

  accept(token: number): void {
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
  }
}
