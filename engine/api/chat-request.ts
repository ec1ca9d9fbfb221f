import { z } from 'zod';
import { unsupportedField } from './request-fields.js';
import { samplingFields } from './sampling-fields.js';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const textContent = z.union([z.string(), z.array(textPart)], {
  error: 'expected a string or an array of text parts (this model takes text only)',
});

const calledFunction = z.object({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: textContent, name: z.string().nullish() }),
  z.object({ role: z.literal('user'), content: textContent, name: z.string().nullish() }),
  z.object({
    role: z.literal('assistant'),
    content: textContent.nullish(),
    tool_calls: z.array(calledFunction).nullish(),
    reasoning_content: z.string().nullish(),
    name: z.string().nullish(),
  }),
  z.object({ role: z.literal('tool'), content: textContent, tool_call_id: z.string() }),
]);

const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, dashes and underscores');

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: functionName,
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: functionName,
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const toolChoice = z.union(
  [z.enum(['none', 'auto', 'required']), z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) })],
  { error: "expected 'none', 'auto', 'required', or a function to call" },
);

export const streamOptions = z.object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() });

/** Who asks: says nothing to a model at home. */
export const user = z.string().nullish();

/** What says nothing to a model at home, but is part of the OpenAI API, and so is taken without effect. */
const fieldsWithoutEffect = {
  user,
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: z.looseObject({}).nullish(),
  prompt_cache_retention: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.string().nullish(),
  prediction: z.object({ type: z.string() }).nullish(),
};

/** What the OpenAI API has and this server has not: refused by name, never called unknown. */
const unsupportedFields = {
  audio: unsupportedField(),
  function_call: unsupportedField("Use 'tool_choice' instead."),
  functions: unsupportedField("Use 'tools' instead."),
  moderation: unsupportedField(),
  web_search_options: unsupportedField(),
};

/** The body of `POST /v1/chat/completions`. */
export const chatRequest = z.strictObject({
  ...samplingFields,
  ...fieldsWithoutEffect,
  ...unsupportedFields,
  model: z.string(),
  messages: z.array(message).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  response_format: responseFormat.nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  modalities: z.array(z.literal('text')).nullish(),
  stream: z.boolean().nullish(),
  stream_options: streamOptions.nullish(),
});

export type ChatRequest = z.infer<typeof chatRequest>;
export type ChatRequestMessage = z.infer<typeof message>;
export type ToolDescription = z.infer<typeof tool>;
