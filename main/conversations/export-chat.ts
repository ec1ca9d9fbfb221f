import type { Conversation, Message } from '../bridge-shapes/conversation.js';
import { shownBranch } from './conversation.js';

/** The branch that is shown, as Markdown that reads well anywhere. `you` heads what the person wrote. */
export function chatAsMarkdown(conversation: Conversation, you: string): string {
  const { title, settings } = conversation;
  const system = settings.systemPrompt.trim() === '' ? [] : [`> ${settings.systemPrompt.trim().replace(/\n/g, '\n> ')}`];
  const turns = shownBranch(conversation).map((message) => turnAsMarkdown(message, you));
  return `${[`# ${title.replace(/\s+/g, ' ')}`, ...system, ...turns].join('\n\n')}\n`;
}

function turnAsMarkdown(message: Message, you: string): string {
  const heading = `## ${message.role === 'user' ? you : 'Hearth'}\n\n*${new Date(message.at).toISOString()}*`;
  const files = message.attachments.map(({ name, text }) => fenced(name, text));
  return [heading, message.text.trim(), ...files].filter((part) => part !== '').join('\n\n');
}

/** A file's text between fences that are longer than any in it. */
export function fenced(name: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${name}\n\n${fence}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** The whole chat, every branch and figure, as JSON. */
export function chatAsJson(conversation: Conversation): string {
  return `${JSON.stringify(conversation, null, 2)}\n`;
}

/** A file name that every system takes. */
export function exportName(title: string, format: 'markdown' | 'json'): string {
  const plain = title.normalize('NFC').replace(/[^\p{L}\p{N} ._-]+/gu, ' ').replace(/\s+/g, ' ').trim().replace(/^[.\s]+|[.\s]+$/g, '');
  return `${plain.slice(0, 80) || 'Chat'}.${format === 'markdown' ? 'md' : 'json'}`;
}
