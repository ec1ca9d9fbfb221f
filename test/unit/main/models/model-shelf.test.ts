import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Offer } from '../../../../engine/cluster/plan.js';
import { previewModel } from '../../../../engine/catalogue/model-preview.js';
import { LinkedModels } from '../../../../main/models/linked-models.js';
import { ModelPlans } from '../../../../main/models/model-plans.js';
import { ModelPlaces } from '../../../../main/models/model-places.js';
import type { ModelRow } from '../../../../main/models/model-row.js';
import { ModelShelf } from '../../../../main/models/model-shelf.js';
import { suggestedModels } from '../../../../main/models/suggested-models.js';
import { contentOf, FakeHub, ignoreRange, stallAfter } from '../../../fake-hub/fake-hub.js';

let hub: FakeHub;
let home: string;
let shelf: ModelShelf;
let folder: string;
let places: ModelPlaces;
let offers: (ownBytes: number | null) => readonly Offer[];
let inUse: string | null;
let guide: string | null;
const changed = vi.fn();

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hearth-shelf-'));
  hub = await new FakeHub().start();
  hub.files.set('config.json', Buffer.from('{}')).set('model.safetensors', contentOf(300_000));
  hub.card = { license: 'other', license_name: 'a-licence-of-its-own' };
  offers = () => [];
  inUse = null;
  guide = null;
  folder = join(home, 'models');
  places = new ModelPlaces(join(home, 'model-places.json'), () => folder);
  shelf = shelfOf();
});

afterEach(async () => {
  await shelf.close();
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

function shelfOf(): ModelShelf {
  return new ModelShelf({
    linked: new LinkedModels(join(home, 'linked-models.json')),
    plans: new ModelPlans(),
    places,
    offers: (ownBytes) => offers(ownBytes),
    contextTokens: () => 2048,
    guide,
    inUse: () => inUse,
    onChange: changed,
    env: { HF_ENDPOINT: hub.endpoint },
  });
}

const rowOf = async (id: string): Promise<ModelRow | undefined> => (await shelf.rows()).find((row) => row.id === id);

test('an empty shelf offers the suggested models, each with its licence and its size', async () => {
  const rows = await shelf.rows();
  expect(rows.map(({ id }) => id)).toEqual(suggestedModels.map(({ reference }) => reference));
  for (const row of rows) {
    expect(row).toMatchObject({ source: 'suggested', path: null, presentBytes: 0, activity: null, problem: null });
    expect(row.licence).toBeTruthy();
    expect(row.totalBytes).toBeGreaterThan(100e6);
  }
});

test('before a model is fetched its size and licence are told, and nothing is fetched', async () => {
  const options = { env: { HEARTH_HOME: home, HF_ENDPOINT: hub.endpoint } };
  expect(await previewModel(hub.repo, options)).toEqual({
    name: hub.repo, format: 'safetensors', totalBytes: 300_002, licence: 'a-licence-of-its-own',
  });
  hub.card = { license: ['one', 'two'] };
  expect((await previewModel(hub.repo, options)).licence).toBeNull();
  expect(hub.fetches('model.safetensors')).toHaveLength(0);
});

test('a download that is paused keeps what has arrived, and goes on from there', async () => {
  hub.files.set('model.safetensors', contentOf(3_000_000));
  hub.faults.push(ignoreRange, stallAfter(1_000_000));
  const pulling = shelf.pull(hub.repo);
  await vi.waitFor(async () => expect((await rowOf(hub.repo))?.presentBytes).toBeGreaterThan(500_000), 10_000);
  expect((await rowOf(hub.repo))?.activity?.kind).toBe('downloading');
  shelf.pause(hub.repo);
  await pulling;
  const paused = await rowOf(hub.repo);
  expect(paused).toMatchObject({ activity: null, problem: null, path: null });
  expect(paused?.presentBytes).toBeLessThan(3_000_002);
  hub.faults.length = 0;
  await shelf.pull(hub.repo);
  expect(await rowOf(hub.repo)).toMatchObject({ presentBytes: 3_000_002, totalBytes: 3_000_002, activity: null });
  expect(hub.fetches('model.safetensors').at(-1)?.range).toMatch(/^bytes=[1-9]/);
});

test('a download that fails says why on its row until it is tried again', async () => {
  hub.refuseListing = (response) => void response.writeHead(401).end();
  await shelf.pull(hub.repo);
  expect(await rowOf(hub.repo)).toMatchObject({ activity: null, problem: { code: expect.any(String), sentence: expect.any(String) } });
  hub.refuseListing = null;
  await shelf.pull(hub.repo);
  const sizes = { presentBytes: 300_002, totalBytes: 300_002 };
  expect((await shelf.rows()).filter(({ id }) => id === hub.repo)).toEqual([expect.objectContaining(sizes)]);
});

test('damage on the disk is found and told on the row', async () => {
  await shelf.pull(hub.repo);
  const row = await rowOf(hub.repo);
  await writeFile(join(home, 'models', 'owner--tiny-model', 'model.safetensors'), contentOf(300_000, 2));
  await shelf.verify(hub.repo);
  expect(row).toBeDefined();
  expect((await rowOf(hub.repo))?.problem).toMatchObject({ code: 'MODEL_DAMAGED' });
});

test('a folder or file that is no model is refused in one line and not remembered', async () => {
  const folder = join(home, 'broken');
  await mkdir(folder);
  await writeFile(join(folder, 'model.gguf'), contentOf(5000));
  await expect(shelf.link(folder)).rejects.toMatchObject({ exitCode: 3 });
  expect((await shelf.rows()).some(({ source }) => source === 'linked')).toBe(false);
});

test('the guide comes first, fits by plan, and what fits follows the memory that this laptop would offer', async () => {
  guide = join(import.meta.dirname, '../../../../models/guide');
  inUse = guide;
  shelf = shelfOf();
  const rates = { f32: 20e9, bf16: 20e9, f16: 20e9, q8_0: 20e9, q4_0: 20e9 };
  offers = (own) => [{
    deviceId: 'a', name: 'a', link: null,
    capacity: { memoryBytes: own ?? 16e9, processBytes: 80e6, cores: 4, diskBytesPerSecond: 2e9, productBytesPerSecond: rates },
  }];
  const fits = async (own: number | null): Promise<(string | undefined)[]> => (await shelf.rows(own)).map(({ fit }) => fit?.fit);
  expect((await shelf.rows())[0]).toMatchObject({ id: 'guide', source: 'guide', path: guide, inUse: true, fit: { fit: 'yes' } });
  expect((await fits(null)).at(-1)).toBe('tight');
  expect((await fits(100e6)).at(-1)).toBe('no');
  expect((await fits(500e9)).at(-1)).toBe('yes');
});

test('what a model takes on the disk counts its slices, which go with it', async () => {
  await shelf.pull(hub.repo);
  const slices = join(home, 'models/owner--tiny-model/split/node_0');
  await mkdir(slices, { recursive: true });
  const before = (await rowOf(hub.repo))!.diskBytes;
  await writeFile(join(slices, 'l0.attn'), contentOf(50_000));
  expect((await rowOf(hub.repo))!.diskBytes).toBe(before + 50_000);
  expect(before).toBeGreaterThanOrEqual(300_002);
});

test('deleting a model says whether it was the one in use', async () => {
  const { path } = await shelf.pull(hub.repo);
  expect(path).not.toBeNull();
  inUse = path;
  expect(await shelf.remove({ id: hub.repo, source: 'cache' })).toEqual({ wasInUse: true });
  expect(await rowOf(hub.repo)).toBeUndefined();
});

test('a download under another name than its reference is told, paused and gone on with on the row that it makes', async () => {
  hub.files.clear();
  hub.files.set('tiny-q8_0.gguf', contentOf(3_000_000)).set('tiny-q4_0.gguf', contentOf(1000));
  hub.faults.push(stallAfter(1_000_000));
  const pulling = shelf.pull(`${hub.repo}:Q8_0`);
  const row = async (): Promise<ModelRow | undefined> => (await shelf.rows()).find(({ id }) => id.startsWith(hub.repo));
  await vi.waitFor(async () => expect((await row())?.presentBytes).toBeGreaterThan(500_000), 10_000);
  const begun = (await row())!;
  expect(begun.id).not.toBe(`${hub.repo}:Q8_0`);
  expect(begun.activity?.kind).toBe('downloading');
  shelf.pause(begun.id);
  expect(await pulling).toEqual({ path: null, problem: null });
  hub.faults.length = 0;
  expect((await shelf.pull(begun.id)).path).toMatch(/tiny-q8_0\.gguf$/);
  expect(hub.fetches('tiny-q8_0.gguf').at(-1)?.range).toMatch(/^bytes=[1-9]/);
});

test('models of a folder that was chosen before stay in the list and in use, and go on where they lie', async () => {
  const { path } = await shelf.pull(hub.repo);
  inUse = path;
  await places.leave();
  folder = join(home, 'elsewhere');
  expect(await rowOf(hub.repo)).toMatchObject({ source: 'cache', presentBytes: 300_002 });
  await shelf.verify(hub.repo);
  // Found and in order, though it is no model that could be opened.
  expect((await rowOf(hub.repo))?.problem?.code).toBe('MODEL_ARCHITECTURE_UNSUPPORTED');
  expect((await shelf.pull(hub.repo)).path).toBe(path);
  expect(await places.former()).toEqual([{ folder: join(home, 'models'), models: 1, bytes: 300_002 }]);
  expect(await shelf.remove({ id: hub.repo, source: 'cache' })).toEqual({ wasInUse: true });
  expect(await places.former()).toEqual([]);
});
