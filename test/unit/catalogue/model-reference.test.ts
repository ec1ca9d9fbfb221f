import { expect, test } from 'vitest';
import { entryName, modelName, parseReference } from '../../../engine/catalogue/model-reference.js';

test.each([
  ['owner/repo', { repo: 'owner/repo', selection: null, revision: 'main' }],
  ['owner/repo:Q4_K_M', { repo: 'owner/repo', selection: 'Q4_K_M', revision: 'main' }],
  ['o-1/r.2_x:sub/f-Q8_0.gguf@v1.0', { repo: 'o-1/r.2_x', selection: 'sub/f-Q8_0.gguf', revision: 'v1.0' }],
  ['owner/repo@refs/pr/3', { repo: 'owner/repo', selection: null, revision: 'refs/pr/3' }],
])('%s is understood', (text, reference) => expect(parseReference(text)).toEqual(reference));

test.each([
  '',
  'repo',
  'a/b/c',
  '../b',
  'a/..',
  'a/b c',
  'a/b:',
  'a/b@',
  'a/b@../x',
  'a/b@x//y',
  'a--b/c',
  '/b',
  'a/',
  'a/.b',
  'a/b@-x',
])('%j is refused with the forms that are understood', (text) =>
  expect(() => parseReference(text)).toThrow(/write owner\/repo, owner\/repo:Q4_K_M or owner\/repo:file\.gguf/),
);

test('the name of a model leads back to it', () => {
  for (const text of ['owner/repo', 'owner/repo@v1', 'owner/repo:f-Q8_0.gguf', 'owner/repo:f-Q8_0.gguf@refs/pr/1']) {
    const reference = parseReference(text);
    expect(modelName(reference, reference.selection)).toBe(text);
  }
});

test('different names have different folders that every file system takes', () => {
  const long = `o/r:${'x'.repeat(190)}`;
  const names = [
    'o/r',
    'o/r:a.gguf',
    'o/r:a b.gguf',
    'o/r:a-b.gguf',
    'o/r@v1',
    'o/r@v/1',
    `${long}1.gguf`,
    `${long}2.gguf`,
  ];
  const folders = names.map(entryName);
  expect(new Set(folders).size).toBe(names.length);
  for (const folder of folders) expect(folder).toMatch(/^[A-Za-z0-9._@-]{1,160}$/);
});
