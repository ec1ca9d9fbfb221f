import { expect, test } from 'vitest';
import { chooseFiles } from '../../../engine/catalogue/file-choice.js';
import type { ModelReference } from '../../../engine/catalogue/model-reference.js';

const reference = (selection: string | null = null): ModelReference => ({ repo: 'o/m', selection, revision: 'main' });
const shards = (count: number, of = count): string[] =>
  Array.from(
    { length: count },
    (_, at) => `model-${String(at + 1).padStart(5, '0')}-of-${String(of).padStart(5, '0')}.safetensors`,
  );

test('a safetensors model is its config, its tokenizer files and its weights, and nothing else', () => {
  const sides = ['generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'];
  const rest = [
    'README.md',
    'pytorch_model.bin',
    'onnx/model.onnx',
    'run.py',
    'tf_model.h5',
    'consolidated.safetensors',
  ];
  const choice = chooseFiles(reference(), [...rest, ...sides, 'model.safetensors', 'config.json']);
  expect(choice).toEqual({ format: 'safetensors', paths: ['config.json', ...sides, 'model.safetensors'] });
});

test('a sharded model is its index and every shard', () => {
  const choice = chooseFiles(reference(), ['config.json', ...shards(3).reverse(), 'model.safetensors.index.json']);
  expect(choice.paths).toEqual(['config.json', 'model.safetensors.index.json', ...shards(3)]);
});

test('a sharded model of which a shard is not listed is refused', () => {
  const listing = ['config.json', ...shards(2, 3), 'model.safetensors.index.json'];
  expect(() => chooseFiles(reference(), listing)).toThrow(/2 of 3 weight files/);
});

test('pickled weights alone are refused with the safe alternative', () => {
  const listing = ['config.json', 'pytorch_model.bin', 'tokenizer.json'];
  expect(() => chooseFiles(reference(), listing)).toThrow(/pickled weights only.*\.safetensors or \.gguf/);
});

test('a repository without weights is refused', () => {
  expect(() => chooseFiles(reference(), ['README.md'])).toThrow(/holds no model weights/);
});

test('weights without a config are refused', () => {
  expect(() => chooseFiles(reference(), ['model.safetensors'])).toThrow(/no config\.json/);
});

test('the only GGUF needs no naming; several are named in the refusal', () => {
  expect(chooseFiles(reference(), ['m-Q4_0.gguf', 'README.md']).paths).toEqual(['m-Q4_0.gguf']);
  expect(() => chooseFiles(reference(), ['m-Q4_0.gguf', 'm-Q8_0.gguf'])).toThrow(
    /o\/m:m-Q4_0\.gguf, o\/m:m-Q8_0\.gguf/,
  );
});

test.each([
  ['Q4_K_M', 'm.Q4_K_M.gguf'],
  ['q4_0', 'm-Q4_0.gguf'],
  ['m-Q4_0.gguf', 'm-Q4_0.gguf'],
  ['deep.gguf', 'sub/deep.gguf'],
  ['sub/deep.gguf', 'sub/deep.gguf'],
  ['F16', 'm-f16.gguf'],
])('the selection %s means %s', (selection, path) => {
  const listing = ['m-Q4_0.gguf', 'm.Q4_K_M.gguf', 'm-Q4_1.gguf', 'sub/deep.gguf', 'm-f16.gguf', 'mmproj-F16.gguf'];
  expect(chooseFiles(reference(selection), listing).paths).toEqual([path]);
});

test('a selection that is not there is refused with what is', () => {
  expect(() => chooseFiles(reference('Q8_0'), ['m-Q4_0.gguf'])).toThrow(/no 'Q8_0'; choose one of: m-Q4_0\.gguf/);
});

test('a part of a split GGUF is refused', () => {
  expect(() => chooseFiles(reference('Q8_0'), ['m-Q8_0-00001-of-00002.gguf', 'm-Q8_0-00002-of-00002.gguf'])).toThrow(
    /split/,
  );
});

test.each([
  '../x.gguf',
  '/etc/x.gguf',
  'C:\\x.gguf',
  'a\\..\\x.gguf',
  'x\u0000.gguf',
  'con.gguf',
  'a//x.gguf',
  './x.gguf',
  'x:y.gguf',
])('a listing with the GGUF %j is refused', (path) => {
  expect(() => chooseFiles(reference(), [path])).toThrow(/unsafe file name/);
});

test('a listing that names a file twice is refused', () => {
  expect(() =>
    chooseFiles(reference(), ['config.json', 'tokenizer.json', 'tokenizer.json', 'model.safetensors']),
  ).toThrow(/twice/);
});
