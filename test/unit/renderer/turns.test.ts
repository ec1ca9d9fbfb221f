import { expect, test } from 'vitest';
import type { Message } from '../../../main/bridge-shapes/conversation.js';
import { plainChatSettings } from '../../../main/conversations/conversation.js';
import { contextUse, cutFor } from '../../../renderer/chat/context-use.js';
import { turnsOf } from '../../../renderer/chat/turns.js';

const said = (id: string, role: 'user' | 'assistant', text: string, more: Partial<Message> = {}): Message => ({
  id, parent: null, role, at: 1, text, attachments: [], end: null, figures: null, failure: null, ...more,
});
const figures = { promptTokens: 80, cachedTokens: 0, answerTokens: 10, ttftMs: 1, tokensPerSecond: 1, contextTokens: 100 };
const plain = { settings: plainChatSettings, cut: null };

test('A file goes to the model by name, between fences longer than any in it', () => {
  const branch = [said('q', 'user', 'Look:', { attachments: [{ name: 'a.md', text: '```js\n1\n```' }] })];
  expect(turnsOf(plain, branch)).toEqual([{ role: 'user', content: 'Look:\n\na.md:\n````\n```js\n1\n```\n````' }]);
});

test('The model is told its system prompt first, and nothing before the cut', () => {
  const branch = [said('q1', 'user', 'old'), said('a1', 'assistant', 'gone'), said('q2', 'user', 'new')];
  const told = turnsOf({ settings: { ...plainChatSettings, systemPrompt: 'Be kind.' }, cut: 'q2' }, branch);
  expect(told).toEqual([{ role: 'system', content: 'Be kind.' }, { role: 'user', content: 'new' }]);
});

test('A question whose answer never began joins the next one', () => {
  const branch = [said('q1', 'user', 'one'), said('a1', 'assistant', ''), said('q2', 'user', 'two')];
  expect(turnsOf(plain, branch)).toEqual([{ role: 'user', content: 'one\n\ntwo' }]);
});

test('The context is as full as the last answer counted, and what was written since adds to it', () => {
  const branch = [said('q', 'user', 'x'.repeat(100)), said('a', 'assistant', 'y'.repeat(80), { figures })];
  expect(contextUse(plain, [])).toBeNull();
  expect(contextUse(plain, branch)).toEqual({ used: 90, room: 100 });
  expect(contextUse(plain, [...branch, said('q2', 'user', 'z'.repeat(188))])!.used).toBeGreaterThan(170);
});

test('Leaving out the oldest turns keeps whole turns, the last question, and about half of the room', () => {
  const branch = Array.from({ length: 10 }, (_, index) => said(String(index), index % 2 === 0 ? 'user' : 'assistant', 'w'.repeat(70)));
  const cut = cutFor(plain, branch, 100);
  expect(branch.find(({ id }) => id === cut)?.role).toBe('user');
  expect(Number(cut)).toBeGreaterThanOrEqual(6);
  expect(cutFor(plain, branch.slice(0, 1), 1)).toBeNull();
});
