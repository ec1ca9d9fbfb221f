import type { Conversation } from '../bridge-shapes/conversation.js';

export interface Hit {
  chat: string;
  title: string;
  /** The message it was found in; null: the title. */
  message: string | null;
  excerpt: string;
}

const mostHits = 50;
const before = 30;
const after = 90;

/** The first places where all chats contain `query`, whatever its case: one a chat, titles before messages, what was attached to these included. */
export async function searchChats(chats: AsyncIterable<Conversation>, query: string): Promise<Hit[]> {
  const sought = fold(query);
  const hits: { hit: Hit; changedAt: number }[] = [];
  for await (const conversation of chats) {
    const hit = searchOne(conversation, sought);
    if (hit !== null) hits.push({ hit, changedAt: conversation.changedAt });
  }
  return hits.sort((a, b) => b.changedAt - a.changedAt).slice(0, mostHits).map(({ hit }) => hit);
}

function searchOne({ id, title, messages }: Conversation, sought: string): Hit | null {
  if (fold(title).includes(sought)) return { chat: id, title, message: null, excerpt: '' };
  for (const message of messages) {
    for (const text of [message.text, ...message.attachments.flatMap((file) => [file.name, file.text])]) {
      const at = fold(text).indexOf(sought);
      if (at !== -1) return { chat: id, title, message: message.id, excerpt: excerptAt(text, at) };
    }
  }
  return null;
}

/** Lower case without changing how many UTF-16 units there are, so that a place in it is a place in the text. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function excerptAt(text: string, at: number): string {
  const start = Math.max(0, at - before);
  const words = text.slice(start, at + after).replace(/\s+/g, ' ').trim();
  return `${start > 0 ? '…' : ''}${words}${at + after < text.length ? '…' : ''}`;
}
