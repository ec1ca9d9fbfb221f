import { HearthError } from '../errors.js';
import { chatTemplateOf, renderChat, type ChatMessage } from '../model/chat-template.js';
import { invalidRequest } from './api-error.js';
import type { ChatRequestMessage, ToolDescription } from './chat-request.js';
import type { ServedModel } from './served-model.js';

/** The chat template for a conversation. ApiError 400 if the model has none. */
export function templateOf(text: ServedModel['text'], forTools: boolean): string {
  const template = chatTemplateOf(text.opened.tokenizer, forTools);
  if (template !== null) return template;
  throw invalidRequest('This model has no chat template: use /v1/completions, or choose an instruct model.', 'model', 'no_chat_template');
}

/**
 * Token ids of a conversation, up to and with the opening of the answer.
 *
 * @param opened what the answer begins with, written into the prompt
 * @throws ApiError 400 when the template cannot make a prompt of these messages
 */
export function chatPromptTokens(
  text: ServedModel['text'], template: string, messages: readonly ChatRequestMessage[],
  tools: readonly ToolDescription[] | null, opened: string,
): number[] {
  const { bosToken, eosToken } = text.tokenizer;
  try {
    const prompt = renderChat(template, messages.map(templateMessage), {
      bosToken, eosToken, addGenerationPrompt: true, ...(tools === null ? {} : { tools }),
    });
    return text.tokenizer.encode(prompt + opened, { addSpecialTokens: false });
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    throw invalidRequest(error.message, 'messages', error.code.toLowerCase());
  }
}

function templateMessage(message: ChatRequestMessage): ChatMessage {
  const content = contentText(message.content);
  switch (message.role) {
    case 'developer':
    case 'system':
      return { role: 'system', content };
    case 'user':
      return { role: 'user', content, ...(message.name ? { name: message.name } : {}) };
    case 'tool':
      return { role: 'tool', content, tool_call_id: message.tool_call_id };
    case 'assistant':
      return {
        role: 'assistant', content,
        ...(message.tool_calls && message.tool_calls.length > 0 ? { tool_calls: message.tool_calls } : {}),
        ...(message.reasoning_content ? { reasoning_content: message.reasoning_content } : {}),
      };
  }
}

function contentText(content: ChatRequestMessage['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => part.text).join('');
}
