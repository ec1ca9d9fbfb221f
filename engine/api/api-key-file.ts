import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { hearthHome } from '../catalogue/models-folder.js';
import { WrongUseError } from '../errors.js';
import { hashOfKey, newApiKey } from './api-keys.js';

const storedKeys = z.object({
  keys: z.array(z.object({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), created: z.string() })),
});

export type StoredKey = z.infer<typeof storedKeys>['keys'][number];

export function apiKeyFile(): string {
  return join(hearthHome(), 'api-keys.json');
}

/** The keys made so far: their names and hashes. */
export async function readApiKeys(file = apiKeyFile()): Promise<StoredKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new WrongUseError('API_KEYS_UNREADABLE', `${file} cannot be read: check its permissions.`, { cause: error, values: { file } });
  }
  try {
    return storedKeys.parse(JSON.parse(text)).keys;
  } catch (error) {
    throw new WrongUseError('API_KEYS_DAMAGED', `${file} is damaged: delete it and make new keys with --new-api-key.`, {
      cause: error, values: { file },
    });
  }
}

/**
 * Makes a key and keeps its hash; the key itself is handed back once and stored nowhere.
 *
 * @throws WrongUseError API_KEY_NAME_TAKEN
 */
export async function addApiKey(name: string, file = apiKeyFile()): Promise<string> {
  const keys = await readApiKeys(file);
  if (keys.some((key) => key.name === name)) {
    throw new WrongUseError('API_KEY_NAME_TAKEN', `There is a key named ${name}: choose another name, or --remove-api-key ${name}.`, {
      values: { name },
    });
  }
  const key = newApiKey();
  await write(file, [...keys, { name, sha256: hashOfKey(key), created: new Date().toISOString() }]);
  return key;
}

/** @throws WrongUseError API_KEY_UNKNOWN */
export async function removeApiKey(name: string, file = apiKeyFile()): Promise<void> {
  const keys = await readApiKeys(file);
  const rest = keys.filter((key) => key.name !== name);
  if (rest.length === keys.length) {
    const names = keys.map((key) => key.name).join(', ') || 'none';
    throw new WrongUseError('API_KEY_UNKNOWN', `There is no key named ${name}; there are: ${names}.`, { values: { name } });
  }
  await write(file, rest);
}

async function write(file: string, keys: readonly StoredKey[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
}
