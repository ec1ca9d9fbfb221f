import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultChatSampling } from '../../../main/bridge-shapes/sampling.js';
import { ChatAnswers } from '../../../main/chat-answers.js';
import { chatCalls, prefixed, type PersonDialogs } from '../../../main/chat-calls.js';
import { plainChatSettings } from '../../../main/conversations/conversation.js';
import { ConversationStore } from '../../../main/conversations/conversation-store.js';
import { DraftFile } from '../../../main/conversations/draft-file.js';

test('the prefix stands before every message of the person and before nothing else', () => {
  const turns = [
    { role: 'system' as const, content: 'Be brief.' }, { role: 'user' as const, content: 'One' },
    { role: 'assistant' as const, content: 'Two' }, { role: 'user' as const, content: 'Three' },
  ];
  expect(prefixed(turns, 'Q: ').map(({ content }) => content)).toEqual(['Be brief.', 'Q: One', 'Two', 'Q: Three']);
  expect(prefixed(turns, '')).toEqual(turns);
});

test("a chat's own prefix stands in the place of the app's, an empty one too", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-prefix-'));
  const asked: string[] = [];
  const store = new ConversationStore(folder);
  const engine = { ask: (_: number, { messages }: { messages: readonly { content: string }[] }) => asked.push(messages[0]!.content), stop: () => undefined };
  const answers = new ChatAnswers(store, engine, { answer: () => undefined, trouble: () => undefined });
  const dialogs: PersonDialogs = { askWhereToSave: () => Promise.resolve(null), offerLink: () => Promise.resolve(), copyText: () => undefined, you: () => 'You' };
  const calls = chatCalls(store, new DraftFile(join(folder, 'drafts.json')), answers, dialogs, () => 'App: ');
  const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const [chat, question] = [id(1), id(2)];
  await calls.changeChat({ chat, change: { kind: 'created', at: 1, title: 'Chat', settings: plainChatSettings } });
  await calls.changeChat({ chat, change: { kind: 'asked', id: question, parent: null, at: 1, text: 'Why?', attachments: [] } });
  const sampling = { ...defaultChatSampling, seed: 1 };
  for (const [index, own] of [{}, { prefix: 'Chat: ' }, { prefix: '' }].entries()) {
    await calls.changeChat({ chat, change: { kind: 'settings', settings: { ...plainChatSettings, sampling: own } } });
    await calls.ask({ chat, message: id(10 + index), parent: question, turns: [{ role: 'user', content: 'Why?' }], sampling });
  }
  expect(asked).toEqual(['App: Why?', 'Chat: Why?', 'Why?']);
  await rm(folder, { recursive: true, force: true });
});
