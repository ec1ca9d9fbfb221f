import { beforeEach, describe, expect, test } from 'vitest';
import type { Change, Conversation } from '../../../main/bridge-shapes/conversation.js';
import { defaultChatSampling } from '../../../main/bridge-shapes/sampling.js';
import type { AnswerEvent, CallName, Payload } from '../../../main/bridge.js';
import { applyChange, emptyConversation, shownBranch } from '../../../main/conversations/conversation.js';
import type { MainBridge } from '../../../renderer/bridge-client.js';
import { createChatStore, titleFrom, type ChatStore } from '../../../renderer/stores/chat-store.js';

const figures = { promptTokens: 90, cachedTokens: 0, answerTokens: 5, ttftMs: 10, tokensPerSecond: 20, contextTokens: 100 };

/** Main as the store sees it: it keeps chats, and answers when the test says so. */
class PretendedMain {
  readonly chats = new Map<string, Conversation>();
  readonly drafts = new Map<string, unknown>();
  readonly asked: Payload<'ask'>[] = [];
  readonly stopped: string[] = [];
  say: (event: AnswerEvent) => void = () => undefined;

  readonly bridge: MainBridge = {
    call: (name, payload) => Promise.resolve(this.#answer(name, payload as never)) as never,
    hear: (_name, hear) => {
      this.say = hear as (event: AnswerEvent) => void;
      return () => undefined;
    },
  };

  change(chat: string, change: Change): void {
    this.chats.set(chat, applyChange(this.chats.get(chat) ?? emptyConversation(chat), change));
  }

  #answer(name: CallName, given: Record<string, never> | null): unknown {
    const payload: Partial<Record<string, never>> = given ?? {};
    const chat = String(payload['chat']);
    switch (name) {
      case 'chats':
        return { chats: [...this.chats.values()].map(({ id, title, changedAt, messages }) => ({ id, title, changedAt, messages: messages.length })), troubles: [] };
      case 'draft':
        return this.drafts.get(chat) ?? null;
      case 'keepDraft':
        return this.drafts.set(chat, payload['draft']);
      case 'changeChat':
        { this.change(chat, payload['change']!); return; }
      case 'openChat':
        return { conversation: this.chats.get(chat), coming: this.#coming(chat), draft: this.drafts.get(chat) ?? null };
      case 'ask': {
        const ask = payload as unknown as Payload<'ask'>;
        this.asked.push(ask);
        this.change(chat, { kind: 'answering', id: ask.message, parent: ask.parent, at: 5 }); return;
      }
      case 'stop':
        return this.stopped.push(payload['message']!);
      default:
        return null;
    }
  }

  #coming(chat: string) {
    const open = this.chats.get(chat)?.messages.filter(({ role, end }) => role === 'assistant' && end === null) ?? [];
    return open.map(({ id }) => ({ message: id, progress: null }));
  }
}

let main: PretendedMain;
let store: ChatStore;
let frames: (() => void)[];
let ids: number;

beforeEach(() => {
  main = new PretendedMain();
  frames = [];
  ids = 0;
  store = createChatStore(main.bridge, {
    newId: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`,
    now: () => 4,
    sampling: () => Promise.resolve({ ...defaultChatSampling }),
    newSeed: () => 7,
    nextFrame: (work) => frames.push(work),
    failed: (error) => {
      throw error;
    },
  });
});

const state = () => store.getState();
const draw = (): void => frames.splice(0).forEach((work) => work());
const last = () => shownBranch(state().chat).at(-1)!;

async function ask(text: string) {
  state().write(text);
  await state().send();
  const { chat, message } = main.asked.at(-1)!;
  return { chat, message };
}

function end(answer: { chat: string; message: string }): void {
  main.say({ type: 'end', ...answer, reason: 'finished', figures, failure: null });
}

describe('The chat store', () => {
  test('begins a chat with the first message and shows the answer as it comes, once a frame', async () => {
    const answer = await ask('Why is the sky blue?\nIn short.');
    expect(state().list).toMatchObject([{ title: 'Why is the sky blue?' }]);
    main.say({ type: 'text', ...answer, at: 0, text: 'Light ' });
    main.say({ type: 'text', ...answer, at: 6, text: 'scatters.' });
    expect(last().text).toBe('');
    expect(frames).toHaveLength(1);
    draw();
    expect(last().text).toBe('Light scatters.');
    end(answer);
    expect(last()).toMatchObject({ end: 'finished', figures });
    expect(state().coming).toEqual({});
  });

  test('shows the end of an answer even where no frame is drawn any more', async () => {
    const answer = await ask('Why?');
    main.say({ type: 'text', ...answer, at: 0, text: 'Because.' });
    end(answer);
    expect(last().text).toBe('Because.');
  });

  test('asks with the shown branch, the chat\'s own settings, and another seed each time', async () => {
    await state().configure({ systemPrompt: 'Be brief.', preset: null, sampling: { temperature: 0, prefix: 'Q: ' }, whenFull: 'ask' });
    end(await ask('One?'));
    end(await ask('Two?'));
    expect(main.asked.at(-1)).toMatchObject({
      turns: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'One?\n\nTwo?' }],
      sampling: { temperature: 0, topP: defaultChatSampling.topP, seed: 7 },
    });
    expect(main.asked.at(-1)!.sampling, 'main puts the prefix before').not.toHaveProperty('prefix');
  });

  test('keeps every version of an answer, and of a question with what followed it', async () => {
    const first = await ask('Colour?');
    end(first);
    await state().regenerate(first.message);
    const second = main.asked.at(-1)!;
    end(second);
    expect(second.parent).toBe(main.asked[0]!.parent);
    expect(last().id).toBe(second.message);
    await state().showVersion(first.message);
    expect(last().id).toBe(first.message);
    await state().resend(main.asked[0]!.parent, 'Number?');
    expect(shownBranch(state().chat).map(({ text }) => text)).toEqual(['Number?', '']);
    await state().showVersion(main.asked[0]!.parent);
    expect(last().id).toBe(second.message);
  });

  test('takes what it missed from main, and drops what it was told twice', async () => {
    const answer = await ask('Why?');
    main.say({ type: 'text', ...answer, at: 0, text: 'Be' });
    main.say({ type: 'text', ...answer, at: 0, text: 'Because' });
    draw();
    expect(last().text).toBe('Because');
    main.change(answer.chat, { kind: 'text', id: answer.message, text: 'Because of light' });
    main.say({ type: 'text', ...answer, at: 13, text: 'ght' });
    await expect.poll(() => last().text).toBe('Because of light');
    expect(Object.keys(state().coming)).toEqual([answer.message]);
  });

  test('finds an answer that came while another chat was shown', async () => {
    const answer = await ask('Why?');
    await state().startNew();
    main.change(answer.chat, { kind: 'text', id: answer.message, text: 'Because.' });
    main.say({ type: 'text', ...answer, at: 0, text: 'Because.' });
    draw();
    expect(state().chat.messages).toEqual([]);
    await state().open(answer.chat);
    expect(last().text).toBe('Because.');
    state().stop();
    expect(main.stopped).toEqual([answer.message]);
  });

  test('says what an answer waits for until its first word', async () => {
    const answer = await ask('Why?');
    main.say({ type: 'progress', ...answer, progress: { type: 'queued', place: 2 } });
    expect(state().coming[answer.message]).toEqual({ type: 'queued', place: 2 });
    main.say({ type: 'text', ...answer, at: 0, text: 'B' });
    expect(state().coming[answer.message]).toBeNull();
  });

  test('keeps a draft for each chat, and forgets it when it is sent', async () => {
    const answer = await ask('Why?');
    end(answer);
    state().write('half a thou');
    await state().startNew();
    expect(state().draft.text).toBe('');
    await state().open(answer.chat);
    expect(state().draft.text).toBe('half a thou');
    await state().send();
    expect(main.drafts.get(answer.chat)).toBeNull();
  });

  test('leaves out the oldest turns when the context is full and the person chose so', async () => {
    for (const text of ['a', 'b', 'c']) end(await ask(text.repeat(60)));
    expect(state().chat.cut).toBeNull();
    await state().dropOldest();
    const { cut } = state().chat;
    expect(cut).not.toBeNull();
    end(await ask('d'));
    expect(main.asked.at(-1)!.turns[0]!.content).not.toContain('a');
  });
});

test('A chat is called by the first line of its first message, cut at a word', () => {
  expect(titleFrom('  Hello\nworld')).toBe('Hello');
  expect(titleFrom('word '.repeat(40))).toMatch(/^(word )+word…$/);
  expect(titleFrom('x'.repeat(100)).length).toBeLessThanOrEqual(61);
});
