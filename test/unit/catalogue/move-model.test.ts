import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCachedModel, type CachedModel } from '../../../engine/catalogue/cached-model.js';
import { moveModel, type MoveOptions } from '../../../engine/catalogue/move-model.js';
import { takePullLock } from '../../../engine/catalogue/pull-lock.js';
import { contentOf } from '../../fake-hub/fake-hub.js';

let root: string;
let from: string;
let to: string;
const big = contentOf(3_500_000);
const files: Record<string, Buffer> = { 'config.json': Buffer.from('{}'), 'model.safetensors': big, 'split/node_0/l0.attn': contentOf(70_000, 2) };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-move-'));
  [from, to] = [join(root, 'from'), join(root, 'to')];
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(from, 'model', name, '..'), { recursive: true });
    await writeFile(join(from, 'model', name), bytes);
  }
});
afterEach(async () => rm(root, { recursive: true, force: true }));

const model = async (entry = 'model', folder = from): Promise<CachedModel> => (await readCachedModel(folder, entry))!;
/** As between two disks. */
const otherVolume: MoveOptions = { rename: () => Promise.reject(Object.assign(new Error('two volumes'), { code: 'EXDEV' })) };
const sums = async (folder: string): Promise<Record<string, string>> => Object.fromEntries(await Promise.all(
  Object.keys(files).map(async (name) => [name, createHash('sha256').update(await readFile(join(folder, name))).digest('hex')]),
));
const whole = (): Promise<Record<string, string>> => sums(join(from, 'model'));

for (const [where, options] of [['on one volume', {}], ['to another volume', otherVolume]] as const) {
  test(`a model is moved with its slices ${where}, is whole there before the old one is gone, and can be used`, async () => {
    const before = await whole();
    const moved: string[] = [];
    await moveModel(await model(), to, { ...options, onMoved: async ({ path }) => void moved.push(path, JSON.stringify(await sums(path))) });
    expect(moved).toEqual([join(to, 'model'), JSON.stringify(before)]);
    expect(await sums(join(to, 'model'))).toEqual(before);
    expect(await readdir(from)).toEqual([]);
    expect(await readdir(to)).toEqual(['model']);
  });
}

test('a single file and a link are moved too; what a link leads to stays', async () => {
  await writeFile(join(from, 'a-q8_0.gguf'), big);
  await symlink(join(from, 'model'), join(from, 'linked'));
  await moveModel(await model('a-q8_0.gguf'), to, otherVolume);
  await moveModel(await model('linked'), to, otherVolume);
  expect((await readFile(join(to, 'a-q8_0.gguf'))).equals(big)).toBe(true);
  expect((await model('linked', to)).totalBytes).toBe(big.length);
  expect(await readdir(from)).toEqual(['model']);
});

test('a move that is aborted takes its copy back, and the model stays as it was', async () => {
  const before = await whole();
  const stop = new AbortController();
  const moving = moveModel(await model(), to, { ...otherVolume, signal: stop.signal, onBytes: (done) => done > 1_500_000 && stop.abort() });
  await expect(moving).rejects.toThrow();
  expect(await whole()).toEqual(before);
  expect(await readdir(to)).toEqual([]);
  await takePullLock(join(from, 'model'), 'model').then((lock) => lock.release());
});

test('a copy that was cut short by a kill goes on; what it holds of another time is written anew', async () => {
  const before = await whole();
  const staging = join(to, '.moving-model');
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, 'config.json'), '[]');
  await writeFile(join(staging, 'model.safetensors'), big.subarray(0, 2_000_000));
  const told: number[] = [];
  await moveModel(await model(), to, { ...otherVolume, onBytes: (done) => told.push(done) });
  expect(await sums(join(to, 'model'))).toEqual(before);
  expect(told.filter((done) => done < 1_900_000 && done > 2), 'what was copied is not copied again').toEqual([]);
});

test('a kill between the last copy and the deletion leaves two equal ones: the old one goes; a different one is never touched', async () => {
  await moveModel(await model(), to, { ...otherVolume, onMoved: () => Promise.reject(new Error('killed here')) }).catch(() => undefined);
  expect(existsSync(join(from, 'model/model.safetensors')) && existsSync(join(to, 'model/model.safetensors'))).toBe(true);
  await writeFile(join(to, 'model/model.safetensors'), contentOf(big.length, 9));
  await expect(moveModel(await model(), to, otherVolume)).rejects.toMatchObject({ code: 'MODEL_THERE_ALREADY' });
  expect(existsSync(join(from, 'model/model.safetensors'))).toBe(true);
  await writeFile(join(to, 'model/model.safetensors'), big);
  await moveModel(await model(), to, otherVolume);
  expect(await readdir(from)).toEqual([]);
});

test('a disk without room, and a model that is being fetched, are refused before anything is written', async () => {
  await expect(moveModel(await model(), to, { ...otherVolume, freeBytes: () => Promise.resolve(1e6) })).rejects.toMatchObject({ code: 'DISK_FULL' });
  const lock = await takePullLock(join(from, 'model'), 'model');
  await expect(moveModel(await model(), to, { rename })).rejects.toMatchObject({ code: 'PULL_IN_PROGRESS' });
  await lock.release();
  expect(await readdir(to)).toEqual([]);
});
