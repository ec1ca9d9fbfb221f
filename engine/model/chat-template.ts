import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';

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
}

/** The chat template a model carries, or null if it carries none. With `forTools`, the one it has for tool use. */
export declare function chatTemplateOf(source: TokenizerSource, forTools?: boolean): string | null;

/** The prompt text for `messages`. Encode it with `addSpecialTokens: false`. */
export declare function renderChat(template: string, messages: readonly ChatMessage[], options: ChatOptions): string;
