import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { LogitBias, RepeatPenalty, type LogitRule } from '../generate/logit-rule.js';
import type { Sampling } from '../generate/sampler.js';

/** The parameters that choose tokens: the same for chats and for plain completions, with the OpenAI API's ranges. */
export const samplingFields = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  seed: z.int().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/, 'expected a token id'), z.number().min(-100).max(100)).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(4)], {
    error: 'expected a string, or at most 4 strings, none of them empty',
  }).nullish(),
  n: z.int().min(1).max(128).nullish(),
};

export type SamplingFields = z.infer<z.ZodObject<typeof samplingFields>>;

/** Below this the sampler has no use for a temperature: the best token has all the probability. */
const coldest = 0.001;

/** The engine's sampling for each of the choices, whose seeds differ; the OpenAI API's defaults where a parameter is missing. */
export function samplingsOf(fields: SamplingFields): Sampling[] {
  const first = samplingOf(fields);
  return Array.from({ length: fields.n ?? 1 }, (_, index) => ({ ...first, seed: (first.seed + index) % Number.MAX_SAFE_INTEGER }));
}

function samplingOf(fields: SamplingFields): Sampling {
  const temperature = fields.temperature ?? 1;
  return {
    temperature: temperature < coldest ? 0 : temperature,
    topK: 0,
    // 0 means: as few as possible. The best token is always kept.
    topP: Math.max(fields.top_p ?? 1, Number.MIN_VALUE),
    minP: 0,
    repetitionPenalty: 1,
    seed: fields.seed === undefined || fields.seed === null ? randomInt(2 ** 47) : Number(BigInt.asUintN(53, BigInt(fields.seed))),
  };
}

/** What changes the logits of one answer. */
export function logitRulesOf(fields: SamplingFields): LogitRule[] {
  const rules: LogitRule[] = [];
  const { frequency_penalty: frequency, presence_penalty: presence, logit_bias: bias } = fields;
  if ((frequency ?? 0) !== 0 || (presence ?? 0) !== 0) rules.push(new RepeatPenalty(frequency ?? 0, presence ?? 0));
  if (bias) rules.push(new LogitBias(new Map(Object.entries(bias).map(([token, value]) => [Number(token), value]))));
  return rules;
}

export function stopStringsOf(fields: SamplingFields): readonly string[] {
  return typeof fields.stop === 'string' ? [fields.stop] : (fields.stop ?? []);
}
