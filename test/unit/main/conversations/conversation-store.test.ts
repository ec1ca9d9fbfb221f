import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../../main/bridge-shapes/conversation.js';
import { ChatNotKeptError } from '../../../../main/conversations/chat-errors.js';
import { logLine, readLog } from '../../../../main/conversations/chat-log.js';
import { AnswerWriter } from '../../../../main/conversations/answer-writer.js';
import { plainChatSettings } from '../../../../main/conversations/conversation.js';
import { ConversationStore } from '../../../../main/conversations/conversation-store.js';
import { crc32 } from '../../../../main/conversations/crc32.js';
import { searchChats } from '../../../../main/conversations/search-chats.js';

const id = '8f3c2f52-6a51-4f0e-9d57-0a4c7b1f2e10';
const question = '0d3b1c8e-2f7a-4c55-8f7e-5a9b6c2d1e0f';
const answer = '5a0c7d7e-9b1f-4e63-a1d2-3c4b5a697887';

const begun: Change[] = [
  { kind: 'created', at: 1, title: 'Sky', settings: plainChatSettings },
  { kind: 'asked', id: question, parent: null, at: 2, text: 'Why is it blue? ☁', attachments: [] },
  { kind: 'answering', id: answer, parent: question, at: 3 },
  { kind: 'text', id: answer, text: 'Because of ' },
  { kind: 'text', id: answer, text: 'Rayleigh scattering.' },
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-chats-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(folder, `${id}.jsonl`);
const textOf = async (store: ConversationStore): Promise<string | undefined> =>
  (await store.chat(id)).conversation.messages.find((message) => message.id === answer)?.text;

async function write(changes: readonly Change[] = begun): Promise<Buffer> {
  const file = Buffer.from(changes.map(logLine).join(''));
  await new ConversationStore(folder).list();
  await writeFile(path(), file);
  return file;
}

describe('A chat\'s file', () => {
  test('is read back as it was written, by another start of the app', async () => {
    const store = new ConversationStore(folder);
    for (const change of begun) await store.append(id, [change]);
    const again = new ConversationStore(folder);
    expect(await again.list()).toEqual([{ id, title: 'Sky', changedAt: 3, messages: 2 }]);
    expect((await again.chat(id)).conversation).toEqual((await store.chat(id)).conversation);
    expect(await textOf(again)).toBe('Because of Rayleigh scattering.');
    expect(again.troubles).toEqual([]);
  });

  test('that was cut anywhere loses the line that was cut and nothing before it, says nothing of damage, and goes on', async () => {
    const file = await write();
    const ends = begun.map((_, index) => Buffer.byteLength(begun.slice(0, index + 1).map(logLine).join('')));
    for (let length = 0; length <= file.length; length++) {
      const read = readLog(file.subarray(0, length));
      expect(read.damagedLines).toBe(0);
      expect(read.changes).toEqual(begun.slice(0, ends.filter((end) => end <= length).length));
    }
    for (const length of [ends[3]! + 1, ends[4]! - 1, ends[4]! - 20]) {
      await writeFile(path(), file.subarray(0, length));
      const store = new ConversationStore(folder);
      expect(await textOf(store)).toBe('Because of ');
      await store.append(id, [{ kind: 'text', id: answer, text: 'light.' }]);
      const again = new ConversationStore(folder);
      expect(await textOf(again)).toBe('Because of light.');
      expect(again.troubles).toEqual([]);
    }
  });

  test('that ends in zeros, as after a power cut, keeps all that was whole', async () => {
    const file = await write();
    await writeFile(path(), Buffer.concat([file, Buffer.alloc(4096)]));
    const store = new ConversationStore(folder);
    expect(await textOf(store)).toBe('Because of Rayleigh scattering.');
    await store.append(id, [{ kind: 'titled', title: 'Light' }]);
    expect(await new ConversationStore(folder).list()).toMatchObject([{ title: 'Light' }]);
  });

  test('with any bit flipped never shows a wrong word: whole lines are taken, the others are noticed', async () => {
    const file = await write();
    const good = new Set(begun.map((change) => JSON.stringify(change)));
    for (let bit = 0; bit < file.length * 8; bit++) {
      const flipped = Buffer.from(file);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const read = readLog(flipped);
      expect(read.changes.every((change) => good.has(JSON.stringify(change)))).toBe(true);
      // A flip in the last line break leaves a line that looks cut.
      if (bit >> 3 !== file.length - 1) expect(read.damagedLines).toBeGreaterThan(0);
    }
  });

  test('that is damaged is set aside as it was found, told once, and its good lines stay a chat', async () => {
    const file = await write();
    file[file.indexOf('Rayleigh')]! ^= 1;
    await writeFile(path(), file);
    const store = new ConversationStore(folder);
    expect(await store.list()).toMatchObject([{ title: 'Sky' }]);
    expect(store.troubles).toHaveLength(1);
    expect(store.troubles[0]).toMatchObject({ code: 'CHAT_DAMAGED', values: { title: 'Sky' } });
    expect(await readFile(`${path()}.damaged`)).toEqual(file);
    expect(await textOf(store)).toBe('Because of ');
    const again = new ConversationStore(folder);
    expect(await again.list()).toHaveLength(1);
    expect(again.troubles).toEqual([]);
  });

  test('of any bytes whatever never keeps the app from starting', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      await writeFile(path(), bytes);
      await writeFile(join(folder, 'notes.txt'), bytes);
      const store = new ConversationStore(folder);
      expect(await store.list()).toEqual([]);
    }), { numRuns: 40 });
  });
});

describe('The store of chats', () => {
  test('deletes a chat so that it can be brought back, even while an answer still comes', async () => {
    const store = new ConversationStore(folder);
    await store.append(id, begun);
    const file = await store.chat(id);
    await store.delete(id);
    expect(await store.list()).toEqual([]);
    await file.append([{ kind: 'text', id: answer, text: ' Really.' }]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
    await store.restore(id);
    expect(await textOf(store)).toBe('Because of Rayleigh scattering. Really.');
    expect(await textOf(new ConversationStore(folder))).toBe('Because of Rayleigh scattering. Really.');
  });

  test('forgets deleted chats at the next start', async () => {
    const store = new ConversationStore(folder);
    await store.append(id, begun);
    await store.delete(id);
    const again = new ConversationStore(folder);
    expect(await again.list()).toEqual([]);
    await expect(again.restore(id)).rejects.toMatchObject({ code: 'NO_SUCH_CHAT' });
    await expect(again.chat(id)).rejects.toMatchObject({ code: 'NO_SUCH_CHAT' });
  });

  test('says that a chat could not be kept, and keeps the next change', async () => {
    const store = new ConversationStore(folder);
    await store.append(id, begun.slice(0, 2));
    await rm(folder, { recursive: true });
    await expect(store.append(id, begun.slice(2, 4))).rejects.toMatchObject({ code: 'CHAT_NOT_KEPT' });
  });

  test.each([['ENOSPC', 'SYSTEM_DISK_FULL', 'the disk is full'], ['EACCES', 'SYSTEM_FORBIDS', 'its permissions do not allow it']])(
    'gives %s as a reason that every language words', (code, saidAs, sentence) => {
      const error = new ChatNotKeptError(Object.assign(new Error(`${code}: write`), { code }));
      expect(error.message).toBe(`The chat could not be written (${sentence}): see to the disk, then try again.`);
      expect(error.values).toEqual({ because: [{ code: saidAs, sentence, values: {} }] });
      expect(new ChatNotKeptError(new Error('odd')).message).toContain('the system says: odd');
    },
  );

  test('finds words in titles and messages, whatever their case', async () => {
    const store = new ConversationStore(folder);
    await store.append(id, begun);
    expect(await searchChats(store.all(), 'RAYLEIGH')).toEqual([
      { chat: id, title: 'Sky', message: answer, excerpt: 'Because of Rayleigh scattering.' },
    ]);
    expect(await searchChats(store.all(), 'sky')).toMatchObject([{ chat: id, message: null }]);
    expect(await searchChats(store.all(), 'green')).toEqual([]);
  });

  test('finds words in what was attached to a message, and its name', async () => {
    const store = new ConversationStore(folder);
    const attachments = [{ name: 'bill.txt', text: 'Heating: 120 euros.' }];
    await store.append(id, [begun[0]!, { kind: 'asked', id: question, parent: null, at: 2, text: 'How much?', attachments }]);
    for (const [sought, excerpt] of [['euros', 'Heating: 120 euros.'], ['BILL', 'bill.txt']] as const) {
      expect(await searchChats(store.all(), sought)).toEqual([{ chat: id, title: 'Sky', message: question, excerpt }]);
    }
  });
});

test('An answer is written down at least every half second, and its end at once', async () => {
  const written: { at: number; changes: readonly Change[] }[] = [];
  const writer = new AnswerWriter(answer, (changes) => (written.push({ at: performance.now(), changes }), Promise.resolve()), () => undefined);
  const start = performance.now();
  writer.text('one ');
  writer.text('two');
  while (written.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(written[0]!.changes).toEqual([{ kind: 'text', id: answer, text: 'one two' }]);
  expect(written[0]!.at - start).toBeLessThan(500);
  writer.text('!');
  writer.end('finished', null, null);
  expect(written[1]!.changes.map(({ kind }) => kind)).toEqual(['text', 'end']);
});

test('CRC-32 is the one everybody means', () => {
  expect(crc32(Buffer.from('123456789'))).toBe('cbf43926');
});
