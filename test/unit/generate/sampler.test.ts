import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelUnusableError, WrongUseError } from '../../../engine/errors.js';
import { defaultSampling, Sampler, type Sampling, validateSampling } from '../../../engine/generate/sampler.js';
import { keptTokens, penalised, raceAmong } from './plain-sampler.js';

interface KeptCase {
  logits: (number | null)[];
  recent: number[];
  sampling: Omit<Sampling, 'seed'>;
  kept: number[];
  probabilities: number[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/sampler/kept.json', import.meta.url), 'utf8'),
) as { cases: KeptCase[] };
const runs = (numRuns: number) => ({
  numRuns, ...(process.env['HEARTH_SEED'] ? { seed: Number(process.env['HEARTH_SEED']) } : {}),
});
const greedy: Sampling = { ...defaultSampling, temperature: 0 };
const open: Sampling = { ...defaultSampling, topP: 1 };

const anySampling = fc.record({
  temperature: fc.constantFrom(0.3, 1, 2.5),
  topK: fc.constantFrom(0, 1, 3, 40, 1_000),
  topP: fc.constantFrom(1, 0.95, 0.5, 1e-6),
  minP: fc.constantFrom(0, 0.02, 0.5, 1),
  repetitionPenalty: fc.constantFrom(1, 1.2, 0.7),
  seed: fc.maxSafeNat(),
});
/** Wide, flat, tied and far-off logits; the first is always finite. */
const anyLogits = fc.tuple(
  fc.double({ min: -20, max: 20, noNaN: true }),
  fc.array(
    fc.oneof(
      fc.double({ min: -20, max: 20, noNaN: true }), fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity),
      fc.double({ min: -1e6, max: 50, noNaN: true }),
    ),
    { maxLength: 300 },
  ),
).map(([first, rest]) => Float32Array.from([first, ...rest]));

describe('the filters', () => {
  it('keep the tokens that the warpers of transformers keep, with their probabilities', () => {
    expect(golden.cases.length).toBe(40);
    for (const { logits, recent, sampling, kept, probabilities } of golden.cases) {
      const ours = keptTokens(logits.map((logit) => logit ?? -Infinity), sampling, recent);
      expect(ours.map(({ id }) => id)).toEqual(kept);
      for (const [i, { probability }] of ours.entries()) expect(probability).toBeCloseTo(probabilities[i]!, 5);
    }
  });

  it('keep in the sampler what they keep when everything is sorted, over random logits', () => {
    fc.assert(fc.property(anyLogits, anySampling, fc.array(fc.nat(299), { maxLength: 8 }), fc.nat(5_000),
      (logits, sampling, recent, position) => {
        const kept = keptTokens(logits, sampling, recent);
        const choice = new Sampler(logits.length, sampling).sample(logits, position, recent);
        const expected = raceAmong(kept, sampling.seed, position, sampling.temperature);
        expect(choice.token).toBe(expected.token);
        if (kept.length === 1) expect(choice.margin).toBe(Infinity);
        else expect(choice.margin).toBeCloseTo(expected.margin, 6);
      }), runs(2_000));
  });

  it('keep in a large vocabulary what they keep when everything is sorted', () => {
    const logits = Float32Array.from({ length: 20_000 }, (_, id) => Math.sin(id * id) * 6);
    for (const filters of [{ topP: 0.9 }, { topK: 500 }, { topK: 5_000, topP: 0.8 }, { topP: 0.999 }, { minP: 0.2 }]) {
      const sampling = { ...open, ...filters };
      const kept = keptTokens(logits, sampling, []);
      expect(kept.length).toBeGreaterThan(100);
      const sampler = new Sampler(logits.length, sampling);
      for (let position = 0; position < 30; position++) {
        const { token } = sampler.sample(logits, position, []);
        expect(token).toBe(raceAmong(kept, sampling.seed, position, 1).token);
      }
    }
  });

  it('keep the lower ids of tokens that tie at the edge of top-p, and all that tie at the edge of top-k', () => {
    const logits = new Float32Array(100).fill(1.5);
    const seen = (sampling: Sampling): Set<number> => {
      const sampler = new Sampler(100, sampling);
      return new Set(Array.from({ length: 3_000 }, (_, position) => sampler.sample(logits, position, []).token));
    };
    expect([...seen({ ...open, topP: 0.045 })].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(seen({ ...open, topK: 3 }).size).toBe(100);
    expect([...seen({ ...open, topP: 1e-9 })]).toEqual([0]);
  });
});

describe('the choice', () => {
  it('at temperature 0 is the best logit, the first of equals, with the distance to the second', () => {
    fc.assert(fc.property(anyLogits, fc.array(fc.nat(299), { maxLength: 5 }), (logits, recent) => {
      const choice = new Sampler(logits.length, { ...greedy, repetitionPenalty: 1.5 }).sample(logits, 3, recent);
      const scores = penalised(logits, 1.5, recent);
      const [best, second = -Infinity] = [...scores].sort((a, b) => b - a);
      expect(choice).toEqual({ token: scores.indexOf(best!), margin: best! - second });
    }), runs(500));
  });

  it('comes as often as its probability says', () => {
    const logits = Float32Array.from([2, 1, 0, -1, 0.5, -Infinity, 1.5, 2]);
    const sampling = { ...open, temperature: 1.3, seed: 7 };
    const sampler = new Sampler(logits.length, sampling);
    const draws = 60_000;
    const counts = new Array<number>(logits.length).fill(0);
    for (let position = 0; position < draws; position++) counts[sampler.sample(logits, position, []).token]! += 1;
    let chiSquare = 0;
    for (const { id, probability } of keptTokens(logits, sampling, [])) {
      chiSquare += (counts[id]! - draws * probability) ** 2 / (draws * probability);
    }
    expect(counts[5]).toBe(0);
    // Six degrees of freedom: 22.5 is passed by chance once in a thousand; the seed is fixed, so this does not vary.
    expect(chiSquare).toBeLessThan(22.5);
  });

  it('is the same at the same position and seed, whatever was drawn before', () => {
    const logits = Float32Array.from({ length: 500 }, (_, id) => Math.cos(id * 3) * 2);
    const straight = new Sampler(500, defaultSampling);
    const tokens = Array.from({ length: 50 }, (_, position) => straight.sample(logits, position, []).token);
    const resumed = new Sampler(500, defaultSampling);
    for (let position = 49; position >= 20; position--) {
      expect(resumed.sample(logits, position, []).token).toBe(tokens[position]);
    }
    expect(new Set(tokens).size).toBeGreaterThan(20);
    const other = new Sampler(500, { ...defaultSampling, seed: 43 });
    expect(tokens.map((_, position) => other.sample(logits, position, []).token)).not.toEqual(tokens);
  });

  it('does not change under noise in the logits that is smaller than half its margin', () => {
    const noise = (scale: number, id: number): number => scale * Math.sin(id * 91.7);
    const logits = Float32Array.from({ length: 300 }, (_, id) => Math.cos(id * 7) * 3);
    const sampler = new Sampler(300, { ...open, temperature: 0.8 });
    let held = 0;
    for (let position = 0; position < 300; position++) {
      const { token, margin } = sampler.sample(logits, position, []);
      const noisy = logits.map((logit, id) => logit + noise(0.001, id));
      if (margin < 0.0021) continue;
      held++;
      expect(sampler.sample(noisy, position, []).token).toBe(token);
    }
    expect(held).toBeGreaterThan(250);
  });

  it('reads logits from shared memory and leaves them as they are', () => {
    const logits = new Float32Array(new SharedArrayBuffer(400)).map((_, id) => Math.sin(id));
    const shared = new Float32Array(new SharedArrayBuffer(400));
    shared.set(logits);
    new Sampler(100, { ...defaultSampling, repetitionPenalty: 2 }).sample(shared, 0, [1, 2, 3]);
    expect([...shared]).toEqual([...logits]);
  });

  it.each([
    ['NaN first', [NaN, 1, 2]], ['NaN before the best', [0, NaN, 2]], ['NaN last', [0, 1, NaN]],
    ['infinity', [0, Infinity, 1]], ['nothing but minus infinity', [-Infinity, -Infinity, -Infinity]],
  ])('is refused when a logit is no number: %s', (_, logits) => {
    for (const sampling of [greedy, defaultSampling]) {
      expect(() => new Sampler(3, sampling).sample(Float32Array.from(logits), 0, [])).toThrow(ModelUnusableError);
    }
  });

  it('is refused when there are not as many logits as tokens', () => {
    expect(() => new Sampler(3, greedy).sample(new Float32Array(4), 0, [])).toThrow(WrongUseError);
  });
});

describe('sampling settings', () => {
  it('are the defaults of the command', () => {
    expect(validateSampling({ ...defaultSampling })).toEqual(
      { temperature: 1, topK: 0, topP: 0.9, minP: 0, repetitionPenalty: 1, seed: 42 },
    );
  });

  it.each([
    ['temperature', -0.1], ['temperature', NaN], ['temperature', 1e-9], ['topK', -1], ['topK', 1.5], ['topP', 0],
    ['topP', 1.1], ['minP', -1], ['minP', 2], ['repetitionPenalty', 0], ['repetitionPenalty', Infinity], ['seed', -1],
    ['seed', 0.5], ['seed', 2 ** 53],
  ] as const)('are refused out of range, by name and value: %s %d', (name, value) => {
    const refused = (): unknown => new Sampler(3, { ...defaultSampling, [name]: value });
    expect(refused).toThrow(WrongUseError);
    expect(refused).toThrow(`${name} is ${value}; give `);
  });
});
