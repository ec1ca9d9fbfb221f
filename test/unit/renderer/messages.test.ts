import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const renderer = join(import.meta.dirname, '../../../renderer');
const read = async (file: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(join(renderer, 'messages', file), 'utf8')) as Record<string, string>;

async function sources(): Promise<string> {
  const files = (await readdir(renderer, { recursive: true })).filter((file) => /\.tsx?$/.test(file));
  return (await Promise.all(files.map((file) => readFile(join(renderer, file), 'utf8')))).join('\n');
}

/** The names in braces of a message. */
const names = (message: string): string[] => [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name!))].sort();

describe('The catalogues', () => {
  test('have the same keys in both languages, sorted', async () => {
    const [en, de] = await Promise.all([read('en.json'), read('de.json')]);
    expect(Object.keys(de)).toEqual(Object.keys(en));
    expect(Object.keys(en)).toEqual(Object.keys(en).sort());
  });

  test('name the same values in both languages', async () => {
    const [en, de] = await Promise.all([read('en.json'), read('de.json')]);
    for (const [key, message] of Object.entries(en)) expect([key, names(de[key] ?? '')]).toEqual([key, names(message)]);
  });

  test('hold no sentence that nothing shows', async () => {
    const [en, source] = await Promise.all([read('en.json'), sources()]);
    // `engine.${state}` uses every key that begins so.
    const patterns = [...source.matchAll(/`([\w.]+\.)\$\{[^}]+\}([\w.]*)`/g)].map(([, start, end]) => [start!, end!] as const);
    const isUsed = (key: string): boolean =>
      source.includes(`'${key}'`) || patterns.some(([start, end]) => key.startsWith(start) && key.endsWith(end));
    expect(Object.keys(en).filter((key) => !isUsed(key))).toEqual([]);
  });
});
