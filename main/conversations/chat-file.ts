import { constants } from 'node:fs';
import { copyFile, open, readFile, rename, truncate } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import type { Change, Conversation } from '../bridge-shapes/conversation.js';
import { ChatNotKeptError } from './chat-errors.js';
import { logLine, readLog } from './chat-log.js';
import { applyChange, emptyConversation } from './conversation.js';

/**
 * One chat and its file. Changes are written in the order they come and are on the disk, past the system's cache, when
 * they are said to be. A write that failed is taken back, so that the next one does not stand behind half a line.
 */
export class ChatFile {
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private path: string,
    private state: Conversation,
    private size: number,
    /** Where the file as it was found was set aside, since some of its lines could not be trusted; null if all is well. */
    readonly setAside: string | null,
  ) {}

  /** Begins a chat that has no file yet. */
  static begin(path: string, id: string): ChatFile {
    return new ChatFile(path, emptyConversation(id), 0, null);
  }

  /** Reads a chat's file, and mends it: half a last line goes, and a damaged file is set aside with its good lines kept. */
  static async read(path: string, id: string): Promise<ChatFile> {
    const bytes = await readFile(path);
    const { changes, wholeBytes, damagedLines } = readLog(bytes);
    const conversation = changes.reduce(applyChange, emptyConversation(id));
    if (damagedLines === 0) {
      if (wholeBytes < bytes.length) await truncate(path, wholeBytes);
      return new ChatFile(path, conversation, wholeBytes, null);
    }
    const setAside = await copyAside(path);
    const mended = changes.map(logLine).join('');
    await writeFileAtomic(path, mended);
    return new ChatFile(path, conversation, Buffer.byteLength(mended), setAside);
  }

  get conversation(): Conversation {
    return this.state;
  }

  /** Adds changes at once in memory, and on the disk by the time it resolves. @throws ChatNotKeptError */
  append(changes: readonly Change[]): Promise<void> {
    this.state = changes.reduce(applyChange, this.state);
    const text = changes.map(logLine).join('');
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write(text));
    return this.#writing;
  }

  /** Moves the file; what is appended from now on goes where it is then. */
  moveTo(path: string): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(async () => {
      await rename(this.path, path);
      this.path = path;
    });
    return this.#writing;
  }

  async #write(text: string): Promise<void> {
    const file = await open(this.path, 'a', 0o600).catch((error: unknown) => {
      throw new ChatNotKeptError(error);
    });
    try {
      await file.appendFile(text);
      await file.datasync();
      this.size += Buffer.byteLength(text);
    } catch (error) {
      await file.truncate(this.size).catch(() => undefined);
      throw new ChatNotKeptError(error);
    } finally {
      await file.close();
    }
  }
}

/** Copies a file to the first free name beside it that says it is damaged. */
async function copyAside(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const aside = `${path}.damaged${count === 1 ? '' : `-${count}`}`;
    try {
      await copyFile(path, aside, constants.COPYFILE_EXCL);
      return aside;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
