import { z } from 'zod';
import { streamOptions, user } from './chat-request.js';
import { samplingFields } from './sampling-fields.js';

const tokens = z.array(z.int().min(0)).min(1);

/** The body of `POST /v1/completions`. */
export const completionRequest = z.strictObject({
  ...samplingFields,
  model: z.string(),
  user,
  prompt: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(128), tokens, z.array(tokens).min(1).max(128)], {
    error: 'expected a string, strings, token ids, or arrays of token ids, none of them empty',
  }),
  max_tokens: z.int().min(1).nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
  echo: z.boolean().nullish(),
  best_of: z.int().min(1).max(20).nullish(),
  suffix: z.string().nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptions.nullish(),
});

export type CompletionRequest = z.infer<typeof completionRequest>;
