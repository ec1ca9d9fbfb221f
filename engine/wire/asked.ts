import { z } from 'zod';
import { isDeviceId } from './device-id.js';
import { sayingFields } from './saying.js';

const count = z.int().min(0);
const number = z.number();
const token = z.int().min(0);
const logprobs = z.strictObject({
  logprob: number, top: z.array(z.strictObject({ token, logprob: number })).max(128),
});

/** The most a question may have, as JSON text: a prompt of one megabyte, and what is around it. Bytes. */
export const mostAskedBytes = 1_250_000;

/** One turn of a conversation (`model/chat-template.ts`). */
const turn = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  tool_calls: z.array(z.unknown()).optional(),
  tool_call_id: z.string().optional(),
  name: z.string().optional(),
  reasoning_content: z.string().optional(),
});

/** A question as it travels: everything of an answer's request that is plain data. */
export const askedShape = z.strictObject({
  prompt: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('chat'), messages: z.array(turn), tools: z.array(z.unknown()).optional() }),
    z.strictObject({ kind: z.literal('text'), text: z.string() }),
    z.strictObject({ kind: z.literal('tokens'), tokens: z.array(token) }),
  ]),
  sampling: z.strictObject({
    temperature: number, topK: number, topP: number, minP: number, repetitionPenalty: number, seed: number,
  }).partial().optional(),
  maxTokens: z.int().min(1),
  stop: z.array(z.string().max(1000)).max(64).optional(),
  ignoreEnd: z.boolean().optional(),
  topLogprobs: z.int().min(0).max(128).optional(),
});

/** What comes of a question, in order; `end` and `failed` are last. */
export const askedEventShape = z.discriminatedUnion('kind', [
  /** Others are before it: 1 is next. */
  z.strictObject({ kind: z.literal('queued'), place: z.int().min(1) }),
  z.strictObject({ kind: z.literal('prefill'), done: count, total: count }),
  z.strictObject({ kind: z.literal('token'), token, text: z.string().max(10_000), margin: number, logprobs: logprobs.optional() }),
  /** A laptop was lost; the answer waits until the others have its part. */
  z.strictObject({
    kind: z.literal('paused'), deviceId: z.string().refine(isDeviceId), name: z.string().max(63), reason: z.string().max(1000),
  }),
  z.strictObject({ kind: z.literal('resumed'), seconds: z.number().min(0) }),
  z.strictObject({
    kind: z.literal('end'), reason: z.enum(['end', 'stop', 'length', 'aborted']), text: z.string().max(10_000),
    timing: z.strictObject({
      promptTokens: count, cachedTokens: count, tokens: count, ttftMs: number, prefillTokPerS: number, decodeTokPerS: number,
    }),
  }),
  z.strictObject({ kind: z.literal('failed'), ...sayingFields, exitCode: z.union([z.literal(2), z.literal(3), z.literal(4), z.literal(130)]) }),
]);

export type Asked = z.infer<typeof askedShape>;
export type AskedEvent = z.infer<typeof askedEventShape>;
