import { describe, expect, it } from 'vitest';
import { LogitBias, RepeatPenalty } from '../../../engine/generate/logit-rule.js';
import { logprobsOf } from '../../../engine/generate/token-logprobs.js';

describe('rules on logits', () => {
  it('lower a token once for being there and again for every time it came', () => {
    const rule = new RepeatPenalty(0.5, 1);
    [2, 0, 2].forEach((token) => rule.accept(token));
    const logits = Float32Array.of(4, 4, 4, 4);
    rule.apply(logits);
    expect([...logits]).toEqual([2.5, 4, 2, 4]);
  });

  it('add biases to the tokens named, and to none beyond the vocabulary', () => {
    const logits = Float32Array.of(1, 1, 1);
    new LogitBias(new Map([[1, -100], [7, 5]])).apply(logits);
    expect([...logits]).toEqual([1, -99, 1]);
  });
});

describe('probabilities of tokens', () => {
  it('are those of the softmax, the best first, ties by id', () => {
    const logits = Float32Array.from([1, 3, 2, 3].map(Math.log));
    const { logprob, top } = logprobsOf(logits, 2, 3);
    expect(Math.exp(logprob)).toBeCloseTo(2 / 9, 6);
    expect(top.map(({ token }) => token)).toEqual([1, 3, 2]);
    expect(top.map(({ logprob: one }) => Math.round(Math.exp(one) * 9))).toEqual([3, 3, 2]);
  });

  it('can be told of the chosen token alone', () => {
    expect(logprobsOf(Float32Array.of(0, 0), 1, 0)).toEqual({ logprob: expect.closeTo(Math.log(0.5)), top: [] });
  });
});
