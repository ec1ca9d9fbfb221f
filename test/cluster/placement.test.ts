import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endAllProcesses } from '../integration/hearth-process.js';
import { writeRandomModel } from '../integration/random-model.js';
import { ask, HomeLaptop, isReadyWith, laptopNames } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';
import { writePairedFolders } from './paired-folders.js';

const missing = namespacesMissing();
const prompt = 'Once upon a time';
const length = 8;

/** Where the bytes of a helper's slice came from, as its log says. */
interface Came {
  readonly fetched: number;
  readonly kept: number;
  readonly reused: number;
  readonly fromHelpers: number;
  readonly cut: number;
}

describe.skipIf(missing !== null)(`the slices of a home whose laptops come and go${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let network: Network;
  let leader: HomeLaptop;
  /** In the order in which a plan gives them their ranks. */
  let helpers: [HomeLaptop, HomeLaptop, HomeLaptop];
  let model: string;
  let expected: number[] | null = null;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-placement-'));
    network = new Network(laptopNames.length);
    model = writeRandomModel(join(folder, 'model'));
    const ids = await writePairedFolders(new Map(laptopNames.map((name) => [name, join(folder, name)])));
    const laptops = laptopNames.map((name, index) => new HomeLaptop(name, join(folder, name), network.nodes[index]!));
    leader = laptops[0]!;
    helpers = laptops.slice(1).sort((a, b) => (ids.get(a.name)! < ids.get(b.name)! ? -1 : 1)) as typeof helpers;
    leader.start(['--model-path', model]);
  });

  afterAll(async () => {
    await endAllProcesses();
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function readyWith(...with_: HomeLaptop[]): Promise<void> {
    await leader.sees(`a model with ${with_.map(({ name }) => name).join(' and ')}`, isReadyWith([leader, ...with_]), 90_000);
    const answer = await ask(leader, prompt, length);
    expected ??= answer;
    expect(answer).toEqual(expected);
  }

  test('comes to a laptop with an empty disk from the one that leads', async () => {
    const [, second, third] = helpers;
    for (const helper of [second, third]) helper.start();
    await readyWith(second, third);
    for (const helper of [second, third]) expect(lastSlice(helper)).toMatchObject({ kept: 0, reused: 0, fromHelpers: 0, cut: 0 });
  });

  test('comes from another helper that has it', async () => {
    const [first, second, third] = helpers;
    await third.stop();
    first.start();
    // It takes the rank that the second had, with what the second still keeps.
    await readyWith(first, second);
    const { fetched, fromHelpers, kept } = lastSlice(first);
    expect(fetched).toBeGreaterThan(0);
    expect([fromHelpers, kept]).toEqual([fetched, 0]);
  });

  test('is cut by a laptop that has the model itself, and nothing is fetched', async () => {
    const [first, second, third] = helpers;
    await second.stop();
    rmSync(join(third.folder, 'slices'), { recursive: true });
    const copy = join(folder, 'copy of the model');
    cpSync(model, copy, { recursive: true, filter: (path) => !path.includes('split') });
    third.start(['--model-path', copy]);
    await readyWith(first, third);
    expect(lastSlice(third)).toMatchObject({ fetched: 0, kept: 0, cut: expect.any(Number) as number });
    expect(lastSlice(third).cut).toBeGreaterThan(0);
    expect(lastSlice(first)).toMatchObject({ fetched: 0 });
  });

  test('is put together from block files that still fit when a laptop comes, and is kept when it goes again', async () => {
    const [first, second, third] = helpers;
    second.start();
    await readyWith(first, second, third);
    const came = [first, second, third].map(lastSlice);
    expect(came.reduce((sum, { reused }) => sum + reused, 0), JSON.stringify(came)).toBeGreaterThan(0);
    await second.stop();
    await readyWith(first, third);
    for (const helper of [first, third]) expect(lastSlice(helper)).toMatchObject({ fetched: 0, cut: 0 });
  });
});

function lastSlice({ started }: HomeLaptop): Came {
  const line = started.lines.findLast((one) => one.includes('Slice: ')) ?? '';
  const bytes = (what: RegExp): number => {
    const [, amount = '0', unit = 'B'] = what.exec(line) ?? [];
    return Number(amount) * (unit === 'MB' ? 1e6 : unit === 'kB' ? 1e3 : 1);
  };
  return {
    fetched: bytes(/([\d.]+) (B|kB|MB) fetched/),
    kept: bytes(/([\d.]+) (B|kB|MB) kept/),
    reused: bytes(/([\d.]+) (B|kB|MB) taken from other slices/),
    fromHelpers: bytes(/([\d.]+) (B|kB|MB) of what was fetched came from other helpers/),
    cut: bytes(/([\d.]+) (B|kB|MB) cut from/),
  };
}
