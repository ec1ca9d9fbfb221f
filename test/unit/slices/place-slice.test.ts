import { cp, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeIdentity, type Identity } from '../../../engine/cluster/identity.js';
import { openModel, type OpenedModel } from '../../../engine/model/model-folder.js';
import { ensureSlices } from '../../../engine/slices/ensure-slices.js';
import { keptFolders, keptSliceFolder, pruneKept } from '../../../engine/slices/kept-slices.js';
import { ownModel } from '../../../engine/slices/own-model.js';
import { partition } from '../../../engine/slices/partition.js';
import { placeSlice, type PlacedSlice, type PlaceSliceOptions } from '../../../engine/slices/place-slice.js';
import { SliceBlocks } from '../../../engine/slices/slice-blocks.js';
import { serveSlices, type SliceServer } from '../../../engine/slices/slice-server.js';
import { copyModel } from './sliceable-model.js';

let master: Identity;
let helper: Identity;
let folder: string;
let root: string;
let model: OpenedModel;
let server: SliceServer | null = null;

beforeAll(async () => {
  [master, helper] = await Promise.all([makeIdentity(), makeIdentity()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-placement-'));
  root = join(folder, 'helper', 'slices');
  model = await copyModel('llama-gqa', folder);
});
afterEach(async () => {
  server?.close();
  server = null;
  await rm(folder, { recursive: true, force: true });
});

const keptPartition = (ratio: readonly number[]) =>
  ({ fingerprint: model.fingerprint, dtype: 'stored', shares: partition(model.config, ratio, { quantised: false }) });

/** The master slices for `ratio` and serves; the helper places its slice. */
async function place(ratio: readonly number[], rank: number, more: Partial<PlaceSliceOptions> = {}): Promise<PlacedSlice> {
  const shares = partition(model.config, ratio, { quantised: false });
  const slices = await ensureSlices({ model, shares, dtype: null, saveDir: 'split' });
  server?.close();
  server = await serveSlices({
    host: '127.0.0.1', port: 0, identity: master,
    folderOf: (deviceId, asked) => (deviceId === helper.deviceId && asked === rank ? slices[rank]?.folder : undefined),
  });
  const placed = await placeSlice({
    root, rank, identity: helper, masterId: master.deviceId, partition: keptPartition(ratio),
    master: { host: '127.0.0.1', port: server.port }, ...more,
  });
  expect(placed.folder).toBe(keptSliceFolder(root, keptPartition(ratio), rank));
  const slice = await SliceBlocks.open(placed.folder);
  expect(await slice.damagedFiles()).toEqual([]);
  expect(slice.blocks).toEqual(slices[rank]?.blocks);
  return placed;
}

const sum = ({ keptBytes, reusedBytes, fetchedBytes, cutBytes }: PlacedSlice): number => keptBytes + reusedBytes + fetchedBytes + cutBytes;

describe('A helper’s slice', () => {
  it('is fetched once, kept for the same partition, and taken from there for another as far as it fits', async () => {
    const first = await place([1, 1], 1);
    expect(first).toMatchObject({ keptBytes: 0, reusedBytes: 0, cutBytes: 0 });
    expect(await place([1, 1], 1)).toMatchObject({ keptBytes: first.fetchedBytes, fetchedBytes: 0 });
    // A laptop that holds nothing joins: not a byte travels.
    expect(await place([1, 1, 0], 1)).toMatchObject({ reusedBytes: first.fetchedBytes, fetchedBytes: 0, keptBytes: 0 });
    const other = await place([3, 1], 1);
    expect(other.fetchedBytes).toBeGreaterThan(0);
    expect(sum(other)).toBe(other.fetchedBytes + other.reusedBytes);
  });

  it('is cut on the spot where the helper has the model too, and nothing is fetched', async () => {
    const own = join(folder, 'helper', 'models', 'my-copy');
    await cp(model.path, own, { recursive: true });
    const placed = await place([1, 1], 1, {
      master: null, ownModel: (fingerprint) => ownModel(fingerprint, null, join(folder, 'helper', 'models')),
    });
    expect(placed).toMatchObject({ keptBytes: 0, reusedBytes: 0, fetchedBytes: 0 });
    expect(placed.cutBytes).toBeGreaterThan(0);
    const ownAt = (fingerprint: string) => ownModel(fingerprint, own, join(folder, 'nowhere'));
    expect(await place([1, 1], 1, { master: null, ownModel: ownAt })).toMatchObject({ keptBytes: placed.cutBytes, cutBytes: 0 });
    expect(await place([1, 1, 0], 1, { master: null, ownModel: ownAt })).toMatchObject({ reusedBytes: placed.cutBytes, cutBytes: 0 });
  });

  it('is fetched where the helper’s copy is of another model, or damaged', async () => {
    const other = join(folder, 'other');
    await cp(model.path, other, { recursive: true });
    const config = join(other, 'config.json');
    await writeFile(config, `${await readFile(config, 'utf8')}\n`);
    const first = await place([1, 1], 1, { ownModel: (fingerprint) => ownModel(fingerprint, other, join(folder, 'nowhere')) });
    expect(first).toMatchObject({ cutBytes: 0, keptBytes: 0 });
    await rm(root, { recursive: true });
    const own = join(folder, 'own', 'llama-gqa');
    await cp(model.path, own, { recursive: true });
    const opened = await openModel(own);
    await truncate(join(own, 'model.safetensors'), 50_000);
    expect(await place([1, 1], 1, { ownModel: () => Promise.resolve(opened) })).toEqual(first);
  });

  it('has nowhere to come from without a master and without the model', async () => {
    await expect(place([1, 1], 1, { master: null })).rejects.toMatchObject({ code: 'PLAN_INCOMPLETE' });
  });
});

describe('Kept slices', () => {
  it('are of the three partitions of a model used last, and of other models', async () => {
    const ratios = [[1, 1], [1, 1, 1], [1, 1, 1, 1], [2, 1, 1], [1, 1]];
    const other = { ...keptPartition([1, 1]), fingerprint: 'e'.repeat(64) };
    const shares = partition(model.config, [1, 1], { quantised: false });
    const otherFolder = keptSliceFolder(root, other, 1);
    await ensureSlices({
      model: { ...model, fingerprint: other.fingerprint }, shares, dtype: null, ranks: [1], saveDir: dirname(otherFolder),
    });
    const own: string[] = [];
    for (const [index, ratio] of ratios.entries()) {
      const { folder: at } = await place(ratio, 1);
      own.push(at);
      // One after another in time, whatever the disk's clock resolves.
      await utimes(join(at, 'manifest.json'), 1_000 + index, 1_000 + index);
    }
    await pruneKept(root, own[4] ?? '');
    expect((await keptFolders(root)).sort()).toEqual([own[2], own[3], own[4], otherFolder].sort());
  });

  it('that were never finished go after a week, unless somebody uses them now', async () => {
    const { folder: at } = await place([1, 1], 1);
    const [old, young] = [join(root, 'old', 'node_1'), join(root, 'young', 'node_1')];
    for (const unfinished of [old, young]) {
      await cp(at, unfinished, { recursive: true });
      await rm(join(unfinished, 'manifest.json'));
    }
    const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
    await utimes(old, longAgo, longAgo);
    await utimes(dirname(old), longAgo, longAgo);
    await pruneKept(root, at);
    expect((await readdir(root)).sort()).toEqual([at, young].map((one) => dirname(one).slice(root.length + 1)).sort());
  });
});
