import type { Change, ChatSettings, Conversation, Message } from '../bridge-shapes/conversation.js';

/** A chat as plain data: what its changes make of it, and how its branches are read. Main and the window share this file. */

export const plainChatSettings: ChatSettings = { systemPrompt: '', preset: null, sampling: {}, whenFull: 'ask' };

/** The draft of a chat that is not begun yet is kept under this id. */
export const notBegun = '00000000-0000-0000-0000-000000000000';

/** A chat of which nothing is known yet but its id. */
export function emptyConversation(id: string): Conversation {
  return { id, title: '', createdAt: 0, changedAt: 0, settings: plainChatSettings, messages: [], shown: null, cut: null };
}

type MessageChange = Extract<Change, { kind: 'asked' | 'answering' }>;

function newMessage(change: MessageChange): Message {
  const { id, parent, at } = change;
  const empty = { end: null, figures: null, failure: null };
  if (change.kind === 'answering') return { id, parent, at, role: 'assistant', text: '', attachments: [], ...empty };
  return { id, parent, at, role: 'user', text: change.text, attachments: change.attachments, ...empty };
}

function withMessage(conversation: Conversation, id: string, change: (message: Message) => Message): Conversation {
  // Nearly always the last: an answer that is coming.
  const index = conversation.messages.findLastIndex((message) => message.id === id);
  const message = conversation.messages[index];
  if (message === undefined) return conversation;
  const messages = conversation.messages.slice();
  messages[index] = change(message);
  return { ...conversation, messages };
}

/** The chat after one change. Changes of unknown messages, and messages that hang on nothing, change nothing. */
export function applyChange(conversation: Conversation, change: Change): Conversation {
  switch (change.kind) {
    case 'created':
      return { ...conversation, title: change.title, settings: change.settings, createdAt: change.at, changedAt: change.at };
    case 'titled':
      return { ...conversation, title: change.title };
    case 'settings':
      return { ...conversation, settings: change.settings };
    case 'shown':
      return { ...conversation, shown: change.id };
    case 'cut':
      return { ...conversation, cut: change.id };
    case 'asked':
    case 'answering':
      return addMessage(conversation, newMessage(change));
    case 'text':
      return withMessage(conversation, change.id, (message) => ({ ...message, text: message.text + change.text }));
    case 'end': {
      const { reason: end, figures, failure } = change;
      return withMessage(conversation, change.id, (message) => ({ ...message, end, figures, failure }));
    }
  }
}

function addMessage(conversation: Conversation, message: Message): Conversation {
  const known = (id: string): boolean => conversation.messages.some((other) => other.id === id);
  if (known(message.id) || (message.parent !== null && !known(message.parent))) return conversation;
  const messages = [...conversation.messages, message];
  return { ...conversation, messages, shown: message.id, changedAt: message.at };
}

/** The messages from the first one to the one that is shown last, in that order. */
export function shownBranch(conversation: Conversation): Message[] {
  const byId = new Map(conversation.messages.map((message) => [message.id, message]));
  const branch: Message[] = [];
  for (let id = conversation.shown; id !== null; ) {
    const message = byId.get(id);
    if (message === undefined) break;
    branch.push(message);
    id = message.parent;
  }
  return branch.reverse();
}

/** Ids of all messages that stand in a message's place, itself included, the oldest first. */
export function versionsOf(messages: readonly Message[], message: Message): string[] {
  return messages.filter(({ parent, role }) => parent === message.parent && role === message.role).map(({ id }) => id);
}

/** The last message of the latest branch below a message; itself where nothing follows it. */
export function latestBelow(messages: readonly Message[], id: string): string {
  let latest = id;
  // Messages stand after their parents, so one walk finds the newest child of the newest child.
  for (const message of messages) if (message.parent === latest) latest = newestChild(messages, latest) ?? latest;
  return latest;
}

function newestChild(messages: readonly Message[], id: string): string | undefined {
  return messages.findLast((message) => message.parent === id)?.id;
}
