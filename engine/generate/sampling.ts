import { WrongUseError } from '../errors.js';

/** How the next token is chosen. */
export interface Sampling {
  /** 0 = always the best token; below 1 sharper, above 1 flatter. */
  temperature: number;
  /** Keep the k best tokens; 0 = off. */
  topK: number;
  /** Keep the fewest tokens whose probabilities reach p; 1 = off. */
  topP: number;
  /** Keep tokens at least this share as probable as the best; 0 = off. */
  minP: number;
  /** Divides the logits of recent tokens that are positive, multiplies the rest; 1 = off. */
  repetitionPenalty: number;
  /** Integer from 0 to 2^53 - 1: the same seed gives the same text. */
  seed: number;
}

/** The defaults of the `hearth` command. */
export const defaultSampling: Readonly<Sampling> = {
  temperature: 1,
  topK: 0,
  topP: 0.9,
  minP: 0,
  repetitionPenalty: 1,
  seed: 42,
};

interface Rule {
  allows(value: number): boolean;
  range: string;
}

const rules: Record<keyof Sampling, Rule> = {
  temperature: {
    allows: (v) => v === 0 || (v >= 0.001 && v <= 100),
    range: '0 (always the best token) or a number from 0.001 to 100',
  },
  topK: { allows: (v) => Number.isSafeInteger(v) && v >= 0, range: 'a whole number from 0 (off) up' },
  topP: { allows: (v) => v > 0 && v <= 1, range: 'a number above 0 and up to 1 (off)' },
  minP: { allows: (v) => v >= 0 && v <= 1, range: 'a number from 0 (off) to 1' },
  repetitionPenalty: { allows: (v) => v > 0 && v <= 100, range: 'a number above 0, up to 100; 1 is off' },
  seed: { allows: (v) => Number.isSafeInteger(v) && v >= 0, range: 'a whole number from 0 to 9007199254740991' },
};

/**
 * Hands back `sampling` if every value is in its range.
 *
 * @throws WrongUseError SAMPLING_OUT_OF_RANGE naming the first value that is not, and what it may be.
 */
export function validateSampling(sampling: Sampling): Sampling {
  for (const [name, rule] of Object.entries(rules) as [keyof Sampling, Rule][]) {
    const value: unknown = sampling[name];
    if (typeof value !== 'number' || !rule.allows(value)) {
      throw new WrongUseError('SAMPLING_OUT_OF_RANGE', `${name} is ${String(value)}; give ${rule.range}.`, { values: { name, value: String(value) } });
    }
  }
  return sampling;
}
