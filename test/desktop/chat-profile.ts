import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '../../main/bridge-shapes/conversation.js';
import { logLine, readLog } from '../../main/conversations/chat-log.js';
import { plainChatSettings } from '../../main/conversations/conversation.js';
import { serveProperly, stallAfter, type FakeHub, type Fault } from '../fake-hub/fake-hub.js';
import { goldenModel } from '../golden/golden-model.js';

/** A small random model with room for long answers: what it says means nothing, and it says it fast. */
export function smallModel(): string {
  const { path } = goldenModel('llama-gqa');
  const edit = (name: string, change: object): void => {
    const file = join(path, name);
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }));
  };
  // Nothing ends its answers but their longest length, so that a test can stop them.
  const tokenizer = join(path, 'tokenizer.json');
  writeFileSync(tokenizer, readFileSync(tokenizer, 'utf8').replaceAll('<|end|>', '<|never|>'));
  edit('config.json', { max_position_embeddings: 4096, eos_token_id: null });
  edit('tokenizer_config.json', {
    eos_token: null,
    chat_template: "{% for message in messages %}{{ message['content'] }}\n{% endfor %}",
  });
  return path;
}

/** The weights of {@link smallModel}. */
export const weights = 'model.safetensors';

/** Has a server give that model away. Its weights stop coming after a part of them until what is returned is called. */
export function serveSmallModel(hub: FakeHub): () => void {
  const model = smallModel();
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', weights]) hub.files.set(file, readFileSync(join(model, file)));
  let stalls = true;
  const stallWeights: Fault = (request, response, content) =>
    (stalls && content.length > 500_000 ? stallAfter(200_000) : serveProperly)(request, response, content);
  hub.faults.push(...Array.from({ length: 20 }, () => stallWeights));
  return () => {
    stalls = false;
  };
}

export const newProfile = (): string => mkdtempSync(join(tmpdir(), 'hearth-chat-'));

/** A message's id from its number. */
export const messageId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Writes a chat into a profile, as the app would have; `chat` is any number that names it. */
export function writeChat(profile: string, chat: number, title: string, turns: readonly string[]): string {
  const id = messageId(900_000 + chat);
  const changes: Change[] = [{ kind: 'created', at: chat + 1, title, settings: plainChatSettings }];
  turns.forEach((text, index) => {
    const message = messageId(chat * 1_000 + index + 1);
    const parent = index === 0 ? null : messageId(chat * 1_000 + index);
    if (parent === null || index % 2 === 0) return changes.push({ kind: 'asked', id: message, parent, at: chat + 1, text, attachments: [] });
    changes.push({ kind: 'answering', id: message, parent, at: chat + 1 }, { kind: 'text', id: message, text });
    return changes.push({ kind: 'end', id: message, reason: 'finished', figures: null, failure: null });
  });
  mkdirSync(join(profile, 'chats'), { recursive: true });
  writeFileSync(join(profile, 'chats', `${id}.jsonl`), changes.map(logLine).join(''));
  return id;
}

/** The text of all answers in a chat's file, as the disk has it. */
export function answeredOnDisk(profile: string, chat: string): string {
  const { changes } = readLog(readFileSync(join(profile, 'chats', `${chat}.jsonl`)));
  return changes.map((change) => (change.kind === 'text' ? change.text : '')).join('');
}
