import type { Attachment, Conversation, Message, Turn } from '../../main/bridge-shapes/conversation.js';

/** A file as the model reads it: its name, and its text between fences longer than any in it. */
function attachedText({ name, text }: Attachment): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${name}:\n${fence}\n${text}\n${fence}`;
}

/** All that the model reads of a message. */
export function contentOf(message: Pick<Message, 'text' | 'attachments'>): string {
  return [message.text, ...message.attachments.map(attachedText)].filter((part) => part !== '').join('\n\n');
}

/** The part of a branch that the model is told: what stands before the chat's cut is left out. */
export function toldOf(branch: readonly Message[], cut: string | null): readonly Message[] {
  const from = cut === null ? -1 : branch.findIndex((message) => message.id === cut);
  return from === -1 ? branch : branch.slice(from);
}

/**
 * A branch as the model is asked it: what it is told first, then the turns, each side's in one piece. Answers that never
 * began are left out.
 */
export function turnsOf(conversation: Pick<Conversation, 'settings' | 'cut'>, branch: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  const system = conversation.settings.systemPrompt.trim();
  if (system !== '') turns.push({ role: 'system', content: system });
  for (const message of toldOf(branch, conversation.cut)) {
    const content = contentOf(message);
    if (content === '') continue;
    const last = turns.at(-1);
    if (last?.role === message.role) last.content += `\n\n${content}`;
    else turns.push({ role: message.role, content });
  }
  return turns;
}
