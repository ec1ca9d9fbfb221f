import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { importGguf } from '../../../engine/catalogue/import-model.js';
import { findModel, listModels, removeModel } from '../../../engine/catalogue/model-cache.js';
import { hearthHome, modelsFolder } from '../../../engine/catalogue/models-folder.js';
import { takePullLock } from '../../../engine/catalogue/pull-lock.js';
import { contentOf, sha256 } from '../../fake-hub/fake-hub.js';

let work: string;
let folder: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'hearth-cache-'));
  folder = join(work, 'models');
});

afterEach(() => rm(work, { recursive: true, force: true }));

async function importModel(name: string, bytes = 5000, file = `${name}.Q4_1.gguf`): Promise<string> {
  const path = join(work, file);
  await writeFile(path, contentOf(bytes));
  return (await importGguf(path, { name, from: 'a test', sha256: sha256(contentOf(bytes)), folder })).path;
}

test('each platform has its place, and HEARTH_HOME overrides it', () => {
  expect(hearthHome({}, 'linux', '/home/ann')).toBe(join('/home/ann', '.local', 'share', 'hearth'));
  expect(hearthHome({ XDG_DATA_HOME: '/data' }, 'linux', '/home/ann')).toBe(join('/data', 'hearth'));
  expect(hearthHome({}, 'darwin', '/Users/ann')).toBe(join('/Users/ann', 'Library', 'Application Support', 'hearth'));
  expect(hearthHome({ LOCALAPPDATA: '/local' }, 'win32', '/ann')).toBe(join('/local', 'hearth'));
  expect(modelsFolder({ HEARTH_HOME: 'here' })).toBe(join(resolve('here'), 'models'));
});

test('an absent folder is an empty cache, and asking it for a model says how to fetch one', async () => {
  expect(await listModels(folder)).toEqual([]);
  await expect(findModel('tiny', folder)).rejects.toThrow(/cache is empty.*hearth models pull/);
});

test('a path is taken as it is, a folder or a file', async () => {
  const file = join(work, 'x.gguf');
  await writeFile(file, 'x');
  expect(await findModel(file, folder)).toBe(file);
  expect(await findModel(work, folder)).toBe(work);
});

test('a model is found by its name in any case, and by its file', async () => {
  const path = await importModel('Tiny');
  for (const name of ['Tiny', 'tiny']) expect(await findModel(name, folder)).toBe(path);
  expect((await listModels(folder))[0]).toMatchObject({
    name: 'Tiny',
    dtype: 'Q4_1',
    totalBytes: 5000,
    complete: true,
  });
});

test('a name that several models could have is refused with their names', async () => {
  for (const owner of ['ann', 'bob']) {
    const placed = join(folder, `${owner}--m`);
    await importModel(`${owner}/m`, 100, 'w.gguf');
    expect(await findModel(`${owner}/m`, folder)).toBe(join(placed, 'w.gguf'));
  }
  await expect(findModel('m', folder)).rejects.toThrow(/ann\/m, bob\/m/);
});

test('models that somebody puts there by hand are listed; other things are not', async () => {
  await mkdir(join(folder, 'mine'), { recursive: true });
  await writeFile(join(folder, 'mine', 'config.json'), '{"dtype":"bfloat16"}');
  await writeFile(join(folder, 'mine', 'model.safetensors'), contentOf(64));
  await writeFile(join(folder, 'other-Q8_0.gguf'), contentOf(32));
  await writeFile(join(folder, 'notes.txt'), 'x');
  await mkdir(join(folder, 'empty'));
  expect(await listModels(folder)).toMatchObject([
    { name: 'mine', format: 'safetensors', dtype: 'bfloat16', totalBytes: 64, complete: true, record: null },
    { name: 'other-Q8_0.gguf', format: 'gguf', dtype: 'Q8_0', totalBytes: 32, complete: true, record: null },
  ]);
});

test('a changed file is checked again: harmless if only its time changed, refused if its content did', async () => {
  const path = await importModel('tiny');
  await utimes(path, new Date(0), new Date(0));
  expect(await findModel('tiny', folder)).toBe(path);
  const damaged = await readFile(path);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  await writeFile(path, damaged);
  await expect(findModel('tiny', folder)).rejects.toMatchObject({ code: 'MODEL_DAMAGED', exitCode: 3 });
});

test('a model with a missing or short file is partial, and says what to do', async () => {
  const path = await importModel('tiny');
  await writeFile(path, contentOf(10));
  await expect(findModel('tiny', folder)).rejects.toMatchObject({ code: 'MODEL_PARTIAL', exitCode: 3 });
});

test('a record that points outside its folder is no record', async () => {
  const path = await importModel('tiny');
  const record = join(path, '..', 'hearth-model.json');
  await writeFile(record, (await readFile(record, 'utf8')).replace('tiny.Q4_1.gguf', '../../secret.gguf'));
  expect((await listModels(folder))[0]?.path).toBe(path);
  expect((await listModels(folder))[0]?.record).toBeNull();
});

test('an imported file that is not what its origin declares is refused and leaves no model', async () => {
  const path = join(work, 'x.gguf');
  await writeFile(path, contentOf(100));
  const importing = importGguf(path, { name: 'x', from: 'a test', sha256: '0'.repeat(64), folder });
  await expect(importing).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(await listModels(folder)).toEqual([]);
});

test('removing deletes the model alone, through a link only the link, and never while it is being pulled', async () => {
  await importModel('tiny');
  const other = await importModel('other');
  const outside = join(work, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'w.gguf'), 'x');
  await symlink(outside, join(folder, 'linked'));
  await removeModel('linked', folder);
  expect(await readFile(join(outside, 'w.gguf'), 'utf8')).toBe('x');
  const lock = await takePullLock(join(folder, 'tiny'), 'tiny');
  await expect(removeModel('tiny', folder)).rejects.toMatchObject({ code: 'PULL_IN_PROGRESS' });
  await lock.release();
  await removeModel('tiny', folder);
  expect((await listModels(folder)).map((model) => model.path)).toEqual([other]);
  await expect(removeModel('tiny', folder)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', exitCode: 2 });
});
