import { expect, test } from 'vitest';
import type { Change } from '../../../../main/bridge-shapes/conversation.js';
import {
  applyChange, emptyConversation, latestBelow, plainChatSettings, shownBranch, versionsOf,
} from '../../../../main/conversations/conversation.js';
import { chatAsMarkdown, exportName } from '../../../../main/conversations/export-chat.js';

const asked = (id: string, parent: string | null): Change => ({ kind: 'asked', id, parent, at: 2, text: `${id}?`, attachments: [] });
const answering = (id: string, parent: string): Change => ({ kind: 'answering', id, parent, at: 3 });

/** Two questions, the second asked in two ways, each with an answer, and a second answer to the last. */
const changes: Change[] = [
  { kind: 'created', at: 1, title: 'Colours', settings: plainChatSettings },
  asked('q1', null), answering('a1', 'q1'), asked('q2', 'a1'), answering('a2', 'q2'), asked('q3', 'a1'), answering('a3', 'q3'),
  answering('a4', 'q3'), { kind: 'text', id: 'a4', text: 'Red.' },
];
const conversation = changes.reduce(applyChange, emptyConversation('c'));
const ids = (of = conversation): string[] => shownBranch(of).map(({ id }) => id);

test('The branch that was written last is shown', () => {
  expect(ids()).toEqual(['q1', 'a1', 'q3', 'a4']);
});

test('Messages of one side after one message are versions of each other', () => {
  const message = (id: string) => conversation.messages.find((one) => one.id === id)!;
  expect(versionsOf(conversation.messages, message('a4'))).toEqual(['a3', 'a4']);
  expect(versionsOf(conversation.messages, message('q2'))).toEqual(['q2', 'q3']);
  expect(versionsOf(conversation.messages, message('a1'))).toEqual(['a1']);
});

test('Another version brings what was said after it', () => {
  const shown = applyChange(conversation, { kind: 'shown', id: latestBelow(conversation.messages, 'q2') });
  expect(ids(shown)).toEqual(['q1', 'a1', 'q2', 'a2']);
});

test('A message that hangs on nothing, or comes twice, changes nothing', () => {
  expect(applyChange(conversation, answering('a9', 'q9'))).toBe(conversation);
  expect(applyChange(conversation, asked('q1', null))).toBe(conversation);
  expect(applyChange(conversation, { kind: 'text', id: 'a9', text: 'x' })).toBe(conversation);
});

test('The exported Markdown holds the shown branch, headed in the person\'s language, and names any system takes', () => {
  const markdown = chatAsMarkdown(conversation, 'Sie');
  expect(markdown).toContain('# Colours\n\n## Sie');
  expect(markdown).toContain('Red.');
  expect(markdown).not.toContain('q2?');
  expect(exportName('../a/b: "c"?', 'json')).toBe('a b c.json');
  expect(exportName('...', 'markdown')).toBe('Chat.md');
});
