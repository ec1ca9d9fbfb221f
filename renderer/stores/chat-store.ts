import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Attachment, AnswerProgress, ChatSettings, ChatSummary, Conversation, Draft, PersonChange } from '../../main/bridge-shapes/conversation.js';
import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';
import type { AnswerEvent, Reply } from '../../main/bridge.js';
import { applyChange, emptyConversation, latestBelow, notBegun, plainChatSettings, shownBranch } from '../../main/conversations/conversation.js';
import { BridgeError, sayingIn, type MainBridge } from '../bridge-client.js';
import { chatSampling } from '../chat/chat-sampling.js';
import { contextUse, cutFor, nearlyFull } from '../chat/context-use.js';
import { turnsOf } from '../chat/turns.js';
import { TextBatch } from './text-batch.js';

export type SearchHit = Reply<'searchChats'>[number];

export interface ChatState {
  /** All chats, the latest first; null until main has told them. */
  list: readonly ChatSummary[] | null;
  /** The chat that is shown. One that is not begun has no messages and is not in the list. */
  chat: Conversation;
  /** Answers of the shown chat that are still coming, and what they wait for. */
  coming: Readonly<Record<string, AnswerProgress | null>>;
  draft: Draft;
  /** What is sought over all chats, and where it was found; null hits while nothing is sought. */
  query: string;
  hits: readonly SearchHit[] | null;
  /** A message to bring into view, where a search led to it. */
  lookAt: string | null;

  load: () => Promise<void>;
  startNew: () => Promise<void>;
  open: (id: string, lookAt?: string | null) => Promise<void>;
  write: (text: string) => void;
  attach: (attachment: Attachment) => void;
  detach: (index: number) => void;
  send: () => Promise<void>;
  resend: (message: string, text: string) => Promise<void>;
  regenerate: (message: string) => Promise<void>;
  showVersion: (message: string) => Promise<void>;
  stop: () => void;
  rename: (id: string, title: string) => Promise<void>;
  remove: (id: string) => Promise<void>;
  restore: (id: string) => Promise<void>;
  seek: (query: string) => Promise<void>;
  configure: (settings: ChatSettings) => Promise<void>;
  dropOldest: () => Promise<void>;
}

export type ChatStore = StoreApi<ChatState>;

/** What the store needs besides main. */
export interface ChatSurroundings {
  newId: () => string;
  now: () => number;
  /** The app's own sampling, under what a chat sets. */
  sampling: () => Promise<ChatSampling>;
  newSeed: () => number;
  /** Runs work at the next picture that is drawn. */
  nextFrame: (work: () => void) => void;
  /** Tells the person that something failed. */
  failed: (error: unknown) => void;
}

const noDraft: Draft = { text: '', attachments: [] };
const draftWaitMs = 400;
const longestTitle = 60;

/** The first line of what was asked, as a chat's title. */
export function titleFrom(text: string): string {
  const line = text.trim().split('\n')[0]?.trim() ?? '';
  if (line.length <= longestTitle) return line;
  const cut = line.slice(0, longestTitle);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longestTitle / 2)).trim()}…`;
}

/** All about chats that the window shows. */
export function createChatStore(bridge: MainBridge, around: ChatSurroundings): ChatStore {
  const store = createStore<ChatState>()(() => ({
    list: null, chat: emptyConversation(around.newId()), coming: {}, draft: noDraft, query: '', hits: null, lookAt: null,
    load, startNew, open, write, attach, detach, send, resend, regenerate, showVersion, stop, rename, remove, restore, seek, configure,
    dropOldest,
  }));
  const { getState: get, setState: set } = store;
  const batch = new TextBatch(around.nextFrame, (message, text) => {
    set(({ chat }) => ({ chat: applyChange(chat, { kind: 'text', id: message, text }) }));
  });
  let draftTimer: ReturnType<typeof setTimeout> | null = null;
  let unsavedDraft: (() => void) | null = null;

  bridge.hear('answer', hear);

  function hear(event: AnswerEvent): void {
    const { chat, coming } = get();
    if (event.chat !== chat.id) return;
    const message = chat.messages.findLast(({ id }) => id === event.message);
    if (event.type === 'end') {
      batch.flush();
      const others = Object.fromEntries(Object.entries(coming).filter(([message]) => message !== event.message));
      const { message: id, reason, figures, failure } = event;
      set((state) => ({ coming: others, chat: applyChange(state.chat, { kind: 'end', id, reason, figures, failure }) }));
    } else if (event.type === 'progress') {
      set({ coming: { ...coming, [event.message]: event.progress } });
    } else if (message !== undefined) {
      const have = message.text.length + batch.waiting(event.message);
      // What was told twice is dropped; where something was missed, main has it all.
      if (event.at > have) return void reopen(chat.id);
      const fresh = event.text.slice(have - event.at);
      if (fresh !== '') batch.add(event.message, fresh);
      if (coming[event.message] !== null) set({ coming: { ...coming, [event.message]: null } });
    }
  }

  function refresh(): Promise<void> {
    return bridge.call('chats', null).then(({ chats }) => set({ list: chats }));
  }

  async function load(): Promise<void> {
    const [{ chats, troubles }, draft] = await Promise.all([bridge.call('chats', null), bridge.call('draft', { chat: notBegun })]);
    set({ list: chats, ...(get().draft === noDraft ? { draft: draft ?? noDraft } : {}) });
    for (const said of troubles) around.failed(new BridgeError(said));
  }

  async function startNew(): Promise<void> {
    keepDraftNow();
    const settings = get().chat.settings;
    const chat = { ...emptyConversation(around.newId()), settings: { ...plainChatSettings, preset: settings.preset, systemPrompt: settings.systemPrompt, sampling: settings.sampling } };
    set({ chat, coming: {}, draft: noDraft, lookAt: null });
    const draft = await bridge.call('draft', { chat: notBegun });
    if (get().chat === chat && get().draft === noDraft) set({ draft: draft ?? noDraft });
  }

  async function open(id: string, lookAt: string | null = null): Promise<void> {
    if (id === get().chat.id) return lookAt === null ? undefined : lookAtMessage(lookAt);
    keepDraftNow();
    await reopen(id);
    if (get().chat.id === id && lookAt !== null) await lookAtMessage(lookAt);
  }

  /** A message on another branch is brought to the front first. */
  async function lookAtMessage(message: string): Promise<void> {
    if (!shownBranch(get().chat).some(({ id }) => id === message)) await showVersion(message);
    set({ lookAt: message });
  }

  async function reopen(id: string): Promise<void> {
    const opened = await bridge.call('openChat', { chat: id }).catch((error: unknown) => around.failed(error));
    if (!opened) return;
    batch.clear();
    const coming = Object.fromEntries(opened.coming.map(({ message, progress }) => [message, progress]));
    const sameChat = get().chat.id === id;
    set({ chat: opened.conversation, coming, lookAt: null, ...(sameChat ? {} : { draft: opened.draft ?? noDraft }) });
  }

  async function change(next: PersonChange): Promise<void> {
    const { chat } = get();
    set({ chat: applyChange(chat, next) });
    if (chat.createdAt > 0 || next.kind === 'created') await bridge.call('changeChat', { chat: chat.id, change: next });
  }

  function write(text: string): void {
    set(({ draft }) => ({ draft: { ...draft, text } }));
    keepDraftSoon();
  }

  function attach(attachment: Attachment): void {
    set(({ draft }) => ({ draft: { ...draft, attachments: [...draft.attachments, attachment].slice(0, 8) } }));
    keepDraftSoon();
  }

  function detach(index: number): void {
    set(({ draft }) => ({ draft: { ...draft, attachments: draft.attachments.filter((_, at) => at !== index) } }));
    keepDraftSoon();
  }

  function keepDraftSoon(): void {
    const { id, createdAt } = get().chat;
    if (draftTimer !== null) clearTimeout(draftTimer);
    unsavedDraft = () => {
      const { draft } = get();
      const empty = draft.text === '' && draft.attachments.length === 0;
      bridge.call('keepDraft', { chat: createdAt > 0 ? id : notBegun, draft: empty ? null : draft }).catch(around.failed);
    };
    draftTimer = setTimeout(keepDraftNow, draftWaitMs);
  }

  function keepDraftNow(): void {
    if (draftTimer !== null) clearTimeout(draftTimer);
    draftTimer = null;
    unsavedDraft?.();
    unsavedDraft = null;
  }

  async function send(): Promise<void> {
    const { chat, draft } = get();
    if (draft.text.trim() === '' && draft.attachments.length === 0) return;
    set({ draft: noDraft, lookAt: null });
    keepDraftSoon();
    keepDraftNow();
    if (chat.createdAt === 0) {
      const title = titleFrom(draft.text) || (draft.attachments[0]?.name ?? '');
      await change({ kind: 'created', at: around.now(), title, settings: chat.settings });
    }
    await say(get().chat.shown, draft);
  }

  async function say(parent: string | null, draft: Draft): Promise<void> {
    const id = around.newId();
    await change({ kind: 'asked', id, parent, at: around.now(), ...draft });
    await trim();
    await ask(id);
    await refresh();
  }

  async function resend(message: string, text: string): Promise<void> {
    const edited = get().chat.messages.find(({ id }) => id === message);
    if (edited !== undefined) await say(edited.parent, { text, attachments: edited.attachments });
  }

  async function regenerate(message: string): Promise<void> {
    const parent = get().chat.messages.find(({ id }) => id === message)?.parent;
    if (parent) await ask(parent);
  }

  /** Has a person's message answered. */
  async function ask(parent: string): Promise<void> {
    const common = await around.sampling();
    const chat = applyChange(get().chat, { kind: 'shown', id: parent });
    const message = around.newId();
    const { seed, ...sampling } = chatSampling(common, chat.settings.sampling);
    set(({ coming }) => ({
      chat: applyChange(chat, { kind: 'answering', id: message, parent, at: around.now() }), coming: { ...coming, [message]: null },
    }));
    const turns = turnsOf(chat, shownBranch(chat));
    await bridge.call('ask', { chat: chat.id, message, parent, turns, sampling: { ...sampling, seed: seed ?? around.newSeed() } })
      .catch((error: unknown) => {
        hear({ type: 'end', chat: chat.id, message, reason: 'failed', figures: null, failure: sayingIn(error) });
      });
  }

  function stop(): void {
    const { chat, coming } = get();
    for (const message of Object.keys(coming)) bridge.call('stop', { chat: chat.id, message }).catch(around.failed);
  }

  async function showVersion(message: string): Promise<void> {
    await change({ kind: 'shown', id: latestBelow(get().chat.messages, message) });
  }

  async function rename(id: string, title: string): Promise<void> {
    if (title.trim() === '') return;
    const renamed = { kind: 'titled', title: title.trim().slice(0, 200) } as const;
    if (id === get().chat.id) set(({ chat }) => ({ chat: applyChange(chat, renamed) }));
    await bridge.call('changeChat', { chat: id, change: renamed });
    await refresh();
  }

  async function remove(id: string): Promise<void> {
    await bridge.call('deleteChat', { chat: id });
    if (id === get().chat.id) await startNew();
    await refresh();
  }

  async function restore(id: string): Promise<void> {
    await bridge.call('restoreChat', { chat: id });
    await refresh();
    await open(id);
  }

  async function seek(query: string): Promise<void> {
    set(query.trim() === '' ? { query, hits: null } : { query });
    if (query.trim() === '') return;
    const hits = await bridge.call('searchChats', { query: query.trim().slice(0, 200) });
    if (get().query === query) set({ hits });
  }

  async function configure(settings: ChatSettings): Promise<void> {
    await change({ kind: 'settings', settings });
  }

  async function dropOldest(): Promise<void> {
    await configure({ ...get().chat.settings, whenFull: 'drop-oldest' });
    await trim();
  }

  /** Leaves out the oldest turns where the person chose so and the context is nearly full. */
  async function trim(): Promise<void> {
    const { chat } = get();
    const branch = shownBranch(chat);
    const use = contextUse(chat, branch);
    if (chat.settings.whenFull !== 'drop-oldest' || use === null || use.used < use.room * nearlyFull) return;
    const cut = cutFor(chat, branch, use.room);
    if (cut !== null) await change({ kind: 'cut', id: cut });
  }

  return store;
}
