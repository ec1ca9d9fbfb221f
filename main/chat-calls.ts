import { writeFile } from 'node:fs/promises';
import type { BridgeHandlers } from './bridge-handlers.js';
import type { Turn } from './bridge-shapes/conversation.js';
import type { ChatAnswers } from './chat-answers.js';
import type { ConversationStore } from './conversations/conversation-store.js';
import type { DraftFile } from './conversations/draft-file.js';
import { chatAsJson, chatAsMarkdown, exportName } from './conversations/export-chat.js';
import { searchChats } from './conversations/search-chats.js';

/** What is asked of the person outside of the page. */
export interface PersonDialogs {
  /** Where to save a file of this name; null if they thought better of it. */
  askWhereToSave(name: string): Promise<string | null>;
  /** Shows where a link leads, and opens it if they agree. */
  offerLink(url: string): Promise<void>;
  copyText(text: string): void;
  /** What the person is called, in their language. */
  you(): string;
}

type ChatCallName =
  | 'chats' | 'openChat' | 'changeChat' | 'deleteChat' | 'restoreChat' | 'searchChats' | 'exportChat' | 'keepDraft' | 'ask' | 'stop'
  | 'openLink' | 'draft' | 'copyText';

/** What main does for the chat page; `prefix` is what stands before every message where a chat has none of its own. */
export function chatCalls(
  store: ConversationStore, drafts: DraftFile, answers: ChatAnswers, dialogs: PersonDialogs, prefix: () => string,
): Pick<BridgeHandlers, ChatCallName> {
  const done = (work: Promise<unknown>): Promise<null> => work.then(() => null);
  return {
    chats: async () => {
      const chats = await store.list();
      return { chats, troubles: [...store.troubles] };
    },
    openChat: async ({ chat }) => {
      const file = await store.chat(chat);
      const draft = await drafts.of(chat);
      // From here on without a pause: what comes after this reply is told by events, what came before is in it.
      const coming = answers.comingIn(chat);
      return { conversation: file.conversation, coming, draft };
    },
    changeChat: ({ chat, change }) => done(store.append(chat, [change])),
    deleteChat: async ({ chat }) => {
      answers.stopAll(chat);
      await store.delete(chat);
      return null;
    },
    restoreChat: ({ chat }) => done(store.restore(chat)),
    searchChats: ({ query }) => searchChats(store.all(), query),
    exportChat: async ({ chat, format }) => {
      const { conversation } = await store.chat(chat);
      const file = await dialogs.askWhereToSave(exportName(conversation.title, format));
      if (file !== null) await writeFile(file, format === 'markdown' ? chatAsMarkdown(conversation, dialogs.you()) : chatAsJson(conversation));
      return file;
    },
    keepDraft: ({ chat, draft }) => done(drafts.keep(chat, draft)),
    ask: async ({ chat, message, parent, turns, sampling: { maxTokens, ...sampling } }) => {
      const own = (await store.chat(chat)).conversation.settings.sampling.prefix;
      await answers.ask(chat, message, parent, { messages: prefixed(turns, own ?? prefix()), sampling, maxTokens });
      return null;
    },
    stop: ({ chat, message }) => (answers.stop(chat, message), null),
    draft: ({ chat }) => drafts.of(chat),
    copyText: ({ text }) => (dialogs.copyText(text), null),
    openLink: ({ url }) => done(dialogs.offerLink(url)),
  };
}

/** Every message of the person with the prefix before it: the same each time, so that the KV cache of a chat stays good. */
export function prefixed(turns: readonly Turn[], prefix: string): Turn[] {
  return turns.map((turn) => (turn.role === 'user' ? { ...turn, content: prefix + turn.content } : turn));
}
