import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder } from '../../engine/report/sync-folder.js';
import { saying, type Saying } from '../../engine/saying.js';
import type { Change, ChatSummary, Conversation } from '../bridge-shapes/conversation.js';
import { ChatFile } from './chat-file.js';
import { NoSuchChatError } from './chat-errors.js';
import { systemReason } from './system-reason.js';

const chatName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/;

/** All chats, one file each in one folder. Nothing that is in the folder keeps the app from starting. */
export class ConversationStore {
  readonly #chats = new Map<string, Promise<ChatFile>>();
  /** Chats that stay in memory, since somebody opened them. */
  readonly #inUse = new Set<string>();
  readonly #deleted = new Map<string, ChatFile>();
  readonly #troubles: Saying[] = [];
  #opened: Promise<void> | null = null;

  constructor(private readonly folder: string) {}

  /** What was found damaged since the start. */
  get troubles(): readonly Saying[] {
    return this.#troubles;
  }

  /** All chats, the one that changed last first. Files that cannot be read are told of in {@link troubles}. */
  async list(): Promise<ChatSummary[]> {
    const summaries: ChatSummary[] = [];
    for await (const { id, title, changedAt, messages } of this.all()) {
      summaries.push({ id, title, changedAt, messages: messages.length });
    }
    return summaries.sort((a, b) => b.changedAt - a.changedAt);
  }

  /** Every chat, one after the other; those that nobody opened are not kept in memory. */
  async *all(): AsyncGenerator<Conversation> {
    await this.#open();
    const found = (await readdir(this.folder)).flatMap((name) => chatName.exec(name)?.[1] ?? []);
    for (const id of new Set([...this.#chats.keys(), ...found])) {
      const file = await this.#load(id).catch((error: unknown) => this.#skip(id, error));
      if (!this.#inUse.has(id)) this.#chats.delete(id);
      // A chat is one from the moment that something says so: an empty file is what a power cut left of the first line.
      if (file !== null && file.conversation.createdAt > 0) yield file.conversation;
    }
  }

  /** One chat, which stays in memory from now on. @throws NoSuchChatError */
  async chat(id: string): Promise<ChatFile> {
    this.#inUse.add(id);
    await this.#open();
    return this.#load(id).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new NoSuchChatError() : error;
    });
  }

  /** Adds changes to a chat; they are on the disk when it resolves. @throws NoSuchChatError, ChatNotKeptError */
  async append(id: string, changes: readonly Change[]): Promise<void> {
    await this.#open();
    const begins = changes[0]?.kind === 'created';
    if (begins && !this.#chats.has(id)) {
      this.#inUse.add(id);
      this.#chats.set(id, Promise.resolve(ChatFile.begin(this.#path(id), id)));
    }
    await (await this.chat(id)).append(changes);
    // A new file's name must outlive a power cut too; systems that cannot sync a folder need not.
    if (begins) await syncFolder(this.folder).catch(() => undefined);
  }

  /** Puts a chat aside; {@link restore} brings it back until the next start. */
  async delete(id: string): Promise<void> {
    const file = await this.chat(id);
    this.#chats.delete(id);
    this.#inUse.delete(id);
    this.#deleted.set(id, file);
    await file.moveTo(this.#deletedPath(id));
  }

  /** @throws NoSuchChatError */
  async restore(id: string): Promise<void> {
    const file = this.#deleted.get(id);
    if (file === undefined) throw new NoSuchChatError();
    this.#deleted.delete(id);
    await file.moveTo(this.#path(id));
    this.#chats.set(id, Promise.resolve(file));
    this.#inUse.add(id);
  }

  #path(id: string): string {
    return join(this.folder, `${id}.jsonl`);
  }

  #deletedPath(id: string): string {
    return join(this.folder, 'deleted', `${id}.jsonl`);
  }

  /** Makes the folder, and ends what was deleted before this start. */
  #open(): Promise<void> {
    this.#opened ??= (async () => {
      await rm(join(this.folder, 'deleted'), { recursive: true, force: true });
      await mkdir(join(this.folder, 'deleted'), { recursive: true });
    })();
    return this.#opened;
  }

  /** One reader a file: reading mends it, which must not meet a write. */
  #load(id: string): Promise<ChatFile> {
    const known = this.#chats.get(id);
    if (known !== undefined) return known;
    const reading = this.#read(id).catch((error: unknown) => {
      this.#chats.delete(id);
      throw error;
    });
    this.#chats.set(id, reading);
    return reading;
  }

  async #read(id: string): Promise<ChatFile> {
    const file = await ChatFile.read(this.#path(id), id);
    if (file.setAside !== null) {
      const { title } = file.conversation;
      const aside = basename(file.setAside);
      this.#troubles.push(saying(
        'CHAT_DAMAGED',
        `The chat "${title}" was damaged on the disk: what could be read is shown, and the file as it was found is kept as ${aside}.`,
        { title, file: aside },
      ));
    }
    return file;
  }

  #skip(id: string, error: unknown): null {
    const because = systemReason(error);
    this.#troubles.push(saying(
      'CHAT_UNREADABLE', `The chat file ${id}.jsonl could not be read and was left as it is: ${because.sentence}.`,
      { file: `${id}.jsonl`, because: [because] },
    ));
    return null;
  }
}
