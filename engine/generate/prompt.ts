import { WrongUseError } from '../errors.js';
import { renderChat, type ChatMessage } from '../model/chat-template.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** What to answer: a conversation (the chat template is applied), plain text to continue, or token ids as they are. */
export type Prompt =
  | { kind: 'chat'; messages: readonly ChatMessage[]; tools?: readonly unknown[] }
  | { kind: 'text'; text: string }
  | { kind: 'tokens'; tokens: readonly number[] };

/** Token ids of a prompt. WrongUseError when it is empty or the model has no chat template. */
export function encodePrompt(prompt: Prompt, tokenizer: Tokenizer, template: string | null): number[] {
  const tokens = tokensOf(prompt, tokenizer, template);
  if (tokens.length === 0) throw new WrongUseError('EMPTY_PROMPT', 'The prompt is empty: give some text with --prompt.');
  return tokens;
}

function tokensOf(prompt: Prompt, tokenizer: Tokenizer, template: string | null): number[] {
  if (prompt.kind === 'tokens') return [...prompt.tokens];
  if (prompt.kind === 'text') return tokenizer.encode(prompt.text, { addSpecialTokens: true });
  if (template === null) {
    throw new WrongUseError(
      'NO_CHAT_TEMPLATE',
      'This model has no chat template: leave out --chat to continue the text, or choose an instruct model.',
    );
  }
  const { bosToken, eosToken } = tokenizer;
  const text = renderChat(template, prompt.messages, {
    bosToken, eosToken, addGenerationPrompt: true, ...(prompt.tools === undefined ? {} : { tools: prompt.tools }),
  });
  return tokenizer.encode(text, { addSpecialTokens: false });
}
