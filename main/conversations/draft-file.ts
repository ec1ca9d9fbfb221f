import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { draftShape, type Draft } from '../bridge-shapes/conversation.js';

/** What was written and not sent yet, by chat, in one file that is always whole. */
export class DraftFile {
  #drafts: Promise<Map<string, Draft>> | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  async of(chat: string): Promise<Draft | null> {
    return (await this.#read()).get(chat) ?? null;
  }

  /** Keeps a chat's draft, or forgets it; on the disk when it resolves. */
  async keep(chat: string, draft: Draft | null): Promise<void> {
    const drafts = await this.#read();
    if (draft === null) drafts.delete(chat);
    else drafts.set(chat, draft);
    this.#writing = this.#writing.catch(() => undefined).then(() =>
      writeFileAtomic(this.path, JSON.stringify(Object.fromEntries(drafts)), { mode: 0o600 }),
    );
    await this.#writing;
  }

  #read(): Promise<Map<string, Draft>> {
    this.#drafts ??= readFile(this.path, 'utf8').then(draftsIn, () => new Map<string, Draft>());
    return this.#drafts;
  }
}

function draftsIn(text: string): Map<string, Draft> {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return new Map();
  }
  const entries = typeof stored === 'object' && stored !== null ? Object.entries(stored) : [];
  return new Map(entries.flatMap(([chat, value]) => {
    const draft = draftShape.safeParse(value);
    return draft.success ? [[chat, draft.data] as const] : [];
  }));
}
