import { z } from 'zod';

/** How the next token is chosen, and how long an answer may be. Ranges are those of `engine/generate/sampling.ts`. */
export const samplingShape = z.strictObject({
  temperature: z.number().min(0).max(100),
  topK: z.int().min(0).max(1_000_000),
  topP: z.number().gt(0).max(1),
  minP: z.number().min(0).max(1),
  repetitionPenalty: z.number().gt(0).max(100),
  /** Null: another one for every answer. */
  seed: z.int().min(0).nullable(),
  /** Most tokens of one answer. */
  maxTokens: z.int().min(1).max(1_000_000),
});

/** Characters of what is put before each message of a person. */
export const mostPrefixCharacters = 10_000;

/** What a chat or a preset sets for itself: what differs from the app's own sampling and prefix. */
export const ownSamplingShape = samplingShape.partial().extend({ prefix: z.string().max(mostPrefixCharacters).optional() });

export type ChatSampling = z.infer<typeof samplingShape>;
export type OwnSampling = z.infer<typeof ownSamplingShape>;

/** Calmer than the `hearth` command's defaults, and never twice the same: people press "Try again" for another answer. */
export const defaultChatSampling: Readonly<ChatSampling> = {
  temperature: 0.7, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.05, seed: null, maxTokens: 1024,
};
