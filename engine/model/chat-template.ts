import * as jinja from '@huggingface/jinja';
import { ModelUnusableError, WrongUseError, type HearthError } from '../errors.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';
import { formatDate } from './template-clock.js';

interface Scope {
  set(name: string, value: unknown): void;
}

/** What is used of the library; its own declarations do not resolve under Node's module rules. */
const { Environment, Interpreter, parse, tokenize } = jinja as unknown as {
  Environment: new () => Scope;
  Interpreter: new (scope: Scope) => { run(program: object): { value: unknown } };
  parse: (tokens: object) => object;
  tokenize: (template: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => object;
};

/** One turn of a conversation, in the field names chat templates read. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** The tool calls of an assistant turn, as the OpenAI API writes them. */
  tool_calls?: readonly unknown[];
  /** Which call a tool turn answers. */
  tool_call_id?: string;
  name?: string;
  /** An assistant turn's thinking, kept apart from its answer. */
  reasoning_content?: string;
}

export interface ChatOptions {
  bosToken: string | null;
  eosToken: string | null;
  /** Ends the prompt with the opening of the assistant's turn. */
  addGenerationPrompt: boolean;
  /** Tool descriptions (JSON schemas) the model may call. */
  tools?: readonly unknown[];
  /** Switches some templates know, such as `enable_thinking`. */
  extra?: Readonly<Record<string, unknown>>;
  /** The model's file, named when its template is broken. */
  file?: string;
  /** The time that templates may write into the prompt; now, unless given. */
  now?: Date;
}

/** The chat template a model carries, or null if it carries none. With `forTools`, the one it has for tool use. */
export function chatTemplateOf(source: TokenizerSource, forTools = false): string | null {
  if (source.kind === 'huggingface') {
    if (source.chatTemplateFile !== null) return source.chatTemplateFile;
    return pickTemplate(source.tokenizerConfig['chat_template'], forTools);
  }
  const forToolUse = forTools ? source.metadata.get('tokenizer.chat_template.tool_use') : undefined;
  return pickTemplate(forToolUse ?? source.metadata.get('tokenizer.chat_template'), forTools);
}

/** `declared` is one template, or a list of `{name, template}` of which one is called `default`. */
function pickTemplate(declared: unknown, forTools: boolean): string | null {
  if (typeof declared === 'string') return declared;
  if (!Array.isArray(declared)) return null;
  const named = new Map<unknown, unknown>();
  for (const entry of declared as ({ name?: unknown; template?: unknown } | null)[]) {
    named.set(entry?.name, entry?.template);
  }
  const template = (forTools ? named.get('tool_use') : undefined) ?? named.get('default');
  return typeof template === 'string' ? template : null;
}

/** A template's own refusal, by `raise_exception`. */
class RaisedByTemplate extends Error {}

/**
 * The prompt text for `messages`. Encode it with `addSpecialTokens: false`: it holds its special tokens.
 *
 * @throws WrongUseError CHAT_REFUSED_BY_TEMPLATE when the template refuses the conversation (roles out of order, say).
 * @throws ModelUnusableError CHAT_TEMPLATE_BROKEN when the template cannot be read or run.
 */
export function renderChat(template: string, messages: readonly ChatMessage[], options: ChatOptions): string {
  const broken = (reason: string, cause: unknown): HearthError =>
    new ModelUnusableError(
      'CHAT_TEMPLATE_BROKEN', options.file ?? 'chat template', `its chat template ${reason}: ${oneLine(cause)}`,
      'Use raw completion, or a model whose template works', { cause },
    );
  let program: object;
  try {
    // Both trims are what `transformers` sets for chat templates.
    program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw broken('cannot be read', error);
  }
  try {
    return String(new Interpreter(templateScope(messages, options)).run(program).value);
  } catch (error) {
    if (!(error instanceof RaisedByTemplate)) throw broken('cannot be run', error);
    throw new WrongUseError(
      'CHAT_REFUSED_BY_TEMPLATE',
      `The model's chat template refuses this conversation: ${oneLine(error)}. Change the order or kind of messages.`,
      { cause: error, values: { reason: oneLine(error) } },
    );
  }
}

/** What a template can see: the same names that `transformers` gives it. */
function templateScope(messages: readonly ChatMessage[], options: ChatOptions): Scope {
  const scope = new Environment();
  const names: Record<string, unknown> = {
    true: true, True: true, false: false, False: false, none: null, None: null,
    range: countRange,
    raise_exception: (reason: unknown) => {
      throw new RaisedByTemplate(String(reason));
    },
    strftime_now: (format: unknown) => formatDate(options.now ?? new Date(), String(format)),
    ...options.extra,
    messages: messages.map(plainMessage),
    tools: options.tools ?? null,
    documents: null,
    add_generation_prompt: options.addGenerationPrompt,
    // A missing token stays undefined, so that a template prints nothing for it.
    bos_token: options.bosToken ?? undefined,
    eos_token: options.eosToken ?? undefined,
  };
  for (const [name, value] of Object.entries(names)) scope.set(name, value);
  return scope;
}

/** Templates expect a call's arguments as an object; the OpenAI API writes them as JSON text. */
function plainMessage(message: ChatMessage): Record<string, unknown> {
  const present = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== undefined));
  if (!message.tool_calls) return present;
  return { ...present, tool_calls: message.tool_calls.map(withParsedArguments) };
}

function withParsedArguments(call: unknown): unknown {
  if (typeof call !== 'object' || call === null || !('function' in call)) return call;
  const called = call.function as { arguments?: unknown } | null;
  if (typeof called?.arguments !== 'string') return call;
  try {
    return { ...call, function: { ...called, arguments: JSON.parse(called.arguments) as unknown } };
  } catch {
    return call; // Not JSON: a model wrote it, and the template may show it back as it was.
  }
}

/** Python's range. */
function countRange(first: number, end?: number, step = 1): number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end];
  if (step === 0) throw new RaisedByTemplate('range() step must not be zero');
  const length = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length }, (_, i) => from + i * step);
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim().replace(/\.$/, '').slice(0, 200);
}
