import { GrammarRule, OpenedGrammarRule } from '../generate/constrain/grammar-rule.js';
import { anyObject, jsonSchemaAutomaton } from '../generate/constrain/json-schema.js';
import { UnsupportedSchemaError } from '../generate/constrain/unsupported-schema.js';
import type { LogitRule } from '../generate/logit-rule.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { invalidRequest, type ApiError } from './api-error.js';
import { chatPromptTokens, templateOf } from './chat-prompt.js';
import type { ChatRequest, ToolDescription } from './chat-request.js';
import type { GrammarShelf } from './grammar-shelf.js';
import { logitRulesOf } from './sampling-fields.js';
import type { ServedModel } from './served-model.js';
import { ToolCallStream } from './tool-call-stream.js';
import { dialectOf, type ToolDialect } from './tool-dialect.js';
import { toolCallAutomaton } from './tool-grammar.js';

/** A chat request, thought through before it has to wait: everything that can be refused has been. */
export interface ChatPlan {
  prompt: number[];
  /** New rules for one answer. */
  rules(): LogitRule[];
  /** Finds the calls in one answer; null where no tools are there to be called. */
  toolCalls(): ToolCallStream | null;
  /** What a special token means for the finding of calls; undefined for all others. */
  markOf(token: number): string | undefined;
}

interface ToolUse {
  dialect: ToolDialect;
  tools: readonly ToolDescription[];
  /** The answer must be a call. */
  forced: boolean;
  /** At most one call. */
  single: boolean;
}

/** @throws ApiError 400 for whatever this model cannot do */
export function planChat(request: ChatRequest, model: ServedModel, shelf: GrammarShelf): ChatPlan {
  checkTogether(request);
  const shown = request.tools && request.tools.length > 0 ? request.tools : null;
  const template = templateOf(model.text, shown !== null);
  const use = toolUseOf(request, template);
  const marks = marksOf(use?.dialect ?? null, model.text.tokenizer);
  const constraint = use === null ? schemaConstraint(request, shelf) : toolConstraint(use, marks, model.text.tokenizer, shelf);
  const opened = use?.forced === true ? openingOf(use.dialect) : '';
  return {
    prompt: chatPromptTokens(model.text, template, request.messages, request.tool_choice === 'none' ? null : shown, opened),
    rules: () => [...logitRulesOf(request), ...(constraint === null ? [] : [constraint()])],
    toolCalls: () =>
      use && new ToolCallStream(use.dialect, new Set(use.tools.map((tool) => tool.function.name)), use),
    markOf: (token) => marks.get(token),
  };
}

function checkTogether(request: ChatRequest): void {
  if (request.max_tokens != null && request.max_completion_tokens != null) {
    throw invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported: leave one out.", 'max_completion_tokens',
    );
  }
  if (request.top_logprobs != null && request.logprobs !== true) {
    throw invalidRequest("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs');
  }
  if (request.stream_options != null && request.stream !== true) {
    throw invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  const hasTools = request.tools != null && request.tools.length > 0;
  if (request.tool_choice != null && request.tool_choice !== 'none' && !hasTools) throw onlyWithTools('tool_choice');
  if (request.parallel_tool_calls != null && !hasTools) throw onlyWithTools('parallel_tool_calls');
  const format = request.response_format?.type ?? 'text';
  if (hasTools && format !== 'text' && request.tool_choice !== 'none') {
    throw invalidRequest(
      "'response_format' together with 'tools' is only supported with 'tool_choice' set to 'none'.", 'response_format',
    );
  }
}

function onlyWithTools(name: string): ApiError {
  return invalidRequest(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name);
}

function toolUseOf(request: ChatRequest, template: string): ToolUse | null {
  const { tools, tool_choice: choice } = request;
  if (!tools || tools.length === 0 || choice === 'none') return null;
  const dialect = dialectOf(template);
  if (dialect === null) {
    throw invalidRequest('This model has no tool use in its chat template: choose a model that has.', 'tools', 'tools_not_supported');
  }
  if (typeof choice !== 'object' || choice === null) {
    const forced = choice === 'required';
    return { dialect, tools, forced, single: forced || request.parallel_tool_calls === false };
  }
  const named = tools.filter((tool) => tool.function.name === choice.function.name);
  if (named.length > 0) return { dialect, tools: named, forced: true, single: true };
  throw invalidRequest(`Tool choice '${choice.function.name}' not found in 'tools' parameter.`, 'tool_choice');
}

function schemaConstraint(request: ChatRequest, shelf: GrammarShelf): (() => LogitRule) | null {
  const format = request.response_format;
  if (!format || format.type === 'text') return null;
  const schema = format.type === 'json_object' ? anyObject : (format.json_schema.schema ?? anyObject);
  try {
    const grammar = shelf.grammar(`schema ${JSON.stringify(schema)}`, () => jsonSchemaAutomaton(schema));
    return () => new GrammarRule(grammar);
  } catch (error) {
    if (!(error instanceof UnsupportedSchemaError)) throw error;
    const name = format.type === 'json_schema' ? format.json_schema.name : format.type;
    throw invalidRequest(`Invalid schema for response_format '${name}': ${error.message}`, 'response_format');
  }
}

/** A forced call is held to its schema from the first token; one by choice from where the model opens it. */
function toolConstraint(
  { tools, dialect, forced, single }: ToolUse, marks: ReadonlyMap<number, string>, tokenizer: Tokenizer, shelf: GrammarShelf,
): (() => LogitRule) | null {
  if (!forced && dialect.opening === '') return null;
  const key = `tools ${dialect.name} ${single} ${JSON.stringify(tools.map((tool) => tool.function))}`;
  const grammar = shelf.grammar(key, () => toolCallAutomaton(tools, dialect, single));
  if (forced) return () => new GrammarRule(grammar);
  const bytesOf = (token: number): Uint8Array => {
    const mark = marks.get(token);
    return mark === undefined ? tokenizer.tokenBytes(token) : Buffer.from(mark, 'utf8');
  };
  return () => new OpenedGrammarRule(grammar, dialect.opening, bytesOf, single);
}

/** The prompt of a forced call goes on to where its JSON begins. */
function openingOf(dialect: ToolDialect): string {
  return dialect.closing === '' ? dialect.opening : `${dialect.opening}\n`;
}

/** Marks that are special tokens, which have no text of their own. */
function marksOf(dialect: ToolDialect | null, tokenizer: Tokenizer): ReadonlyMap<number, string> {
  const marks = new Map<number, string>();
  for (const mark of dialect === null ? [] : [dialect.opening, dialect.closing]) {
    const [token, ...more] = mark === '' ? [] : tokenizer.encode(mark, { addSpecialTokens: false });
    if (token !== undefined && more.length === 0 && tokenizer.isSpecial(token)) marks.set(token, mark);
  }
  return marks;
}
