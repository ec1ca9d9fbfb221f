import { randomBytes } from 'node:crypto';
import type { EndReason } from '../generate/generation.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import type { ChatPlan } from './chat-plan.js';
import type { ChoiceEvent } from './choices.js';
import { chatLogprob, type ChatLogprob } from './logprob-fields.js';
import type { AnswerPart, ToolCallStream } from './tool-call-stream.js';

export interface ToolCallDelta {
  index: number;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

export interface ChatDelta {
  role?: 'assistant';
  content?: string;
  tool_calls?: ToolCallDelta[];
}

export type ChatFinish = 'stop' | 'length' | 'tool_calls';

/** What one event of a generation adds to a chat answer. */
export interface ChatStep {
  delta: ChatDelta;
  logprobs: ChatLogprob[];
  finish: ChatFinish | null;
}

/** One choice of a chat answer, as its tokens come. */
export class ChatChoice {
  readonly #calls: ToolCallStream | null;

  constructor(
    private readonly plan: ChatPlan,
    private readonly tokenizer: Tokenizer,
  ) {
    this.#calls = plan.toolCalls();
  }

  hear({ event }: ChoiceEvent): ChatStep {
    if (event.kind === 'token') {
      const text = event.text + (this.plan.markOf(event.token) ?? '');
      const shown = event.logprobs !== undefined && !this.tokenizer.endTokens.includes(event.token);
      const logprobs = shown ? [chatLogprob(this.tokenizer, event.token, event.logprobs!)] : [];
      return { delta: deltaOf(this.#parts(text)), logprobs, finish: null };
    }
    const parts = [...this.#parts(event.text), ...(this.#calls?.end() ?? [])];
    return { delta: deltaOf(parts), logprobs: [], finish: this.#finish(event.reason) };
  }

  #parts(text: string): AnswerPart[] {
    if (text === '') return [];
    return this.#calls === null ? [{ kind: 'content', text }] : this.#calls.push(text);
  }

  #finish(reason: EndReason): ChatFinish {
    if (reason === 'length') return 'length';
    return (this.#calls?.calls ?? 0) > 0 ? 'tool_calls' : 'stop';
  }
}

function deltaOf(parts: readonly AnswerPart[]): ChatDelta {
  const content = parts.map((part) => (part.kind === 'content' ? part.text : '')).join('');
  const calls = parts.flatMap((part) => (part.kind === 'content' ? [] : [callDelta(part)]));
  return { ...(content === '' ? {} : { content }), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

function callDelta(part: Exclude<AnswerPart, { kind: 'content' }>): ToolCallDelta {
  if (part.kind === 'arguments') return { index: part.index, function: { arguments: part.text } };
  const id = `call_${randomBytes(12).toString('hex')}`;
  return { index: part.index, id, type: 'function', function: { name: part.name, arguments: '' } };
}

/** The whole message of one choice. */
export class ChatMessageBuilder {
  readonly #calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  readonly #logprobs: ChatLogprob[] = [];
  #content = '';
  #finish: ChatFinish | null = null;

  add({ delta, logprobs, finish }: ChatStep): void {
    this.#content += delta.content ?? '';
    this.#logprobs.push(...logprobs);
    this.#finish = finish ?? this.#finish;
    for (const call of delta.tool_calls ?? []) {
      const { index, id, function: piece } = call;
      this.#calls[index] ??= { id: id ?? '', type: 'function', function: { name: piece.name ?? '', arguments: '' } };
      this.#calls[index].function.arguments += piece.arguments;
    }
  }

  /** @param withLogprobs they were asked for */
  choice(index: number, withLogprobs: boolean): object {
    const called = this.#calls.length > 0;
    return {
      index,
      message: {
        role: 'assistant',
        content: called && this.#content === '' ? null : this.#content,
        refusal: null,
        annotations: [],
        ...(called ? { tool_calls: this.#calls } : {}),
      },
      logprobs: withLogprobs ? { content: this.#logprobs, refusal: null } : null,
      finish_reason: this.#finish,
    };
  }
}
