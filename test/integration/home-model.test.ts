import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { planCluster } from '../../engine/cluster/plan.js';
import { ModelDoesNotFitError } from '../../engine/cluster/plan-refusal.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { plannedModel } from '../../engine/home/planned-model.js';
import { NoLongerFitsError } from '../../engine/home/home-errors.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { kernels } from '../../native-kernels/index.js';
import { endAllLaptops } from './helper-laptop.js';
import { writeRandomModel } from './random-model.js';
import { ask, capacity, load, show, SmallHome, type Shown } from './small-home.js';

const prompt = 'tell me a story';
const names = ['kitchen', 'study'];
const patience = { timeout: 30_000, interval: 20 };

let root: string;
let text: TextModel;
let home: SmallHome;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'hearth-home-model-'));
  text = await TextModel.open(writeRandomModel(join(root, 'model')));
  home = await SmallHome.open(root, names);
});
afterEach(async () => {
  await home.leave();
  for (const { name } of [...home.laptops]) {
    home.laptop(name).kill();
    await home.laptop(name).ended;
    if (names.includes(name)) await home.start(name);
  }
});
afterAll(async () => {
  await endAllLaptops();
  rmSync(root, { recursive: true, force: true });
});

/** What one laptop alone says to the same. */
async function alone(tokens: number, temperature = 0): Promise<Shown> {
  const model = await LoadedModel.load(text, load);
  try {
    return await show(model.generate(ask(prompt, tokens, temperature)));
  } finally {
    await model.close();
  }
}

const whoIsReady = (): string[][] => home.of('ready').map(({ plan }) => plan.nodes.map(({ name }) => name).sort());
const everyone = ['kitchen', 'study', 'the master'];

test('what is on its way to each laptop is known of every one of them', async () => {
  const model = await home.place(text);
  for (const { deviceId, name } of model.plan.nodes) {
    const own = home.of('transfer').filter((event) => event.deviceId === deviceId).map(({ transfer }) => transfer);
    const steps = new Set(own.map(({ step }) => step));
    expect([...steps].sort(), name).toEqual(name === 'the master' ? ['cutting', 'loading'] : ['fetching', 'loading']);
    for (const step of steps) {
      const told = own.filter((transfer) => transfer.step === step);
      expect(told[0]!.doneBytes).toBeLessThan(told[0]!.totalBytes);
      expect(told.at(-1)).toMatchObject({ doneBytes: told[0]!.totalBytes, totalBytes: told[0]!.totalBytes });
    }
  }
});

test('two laptops lost at the same time leave the answer to the master alone', async () => {
  const expected = await alone(30);
  const model = await home.place(text);
  const shown = await show(model.generate(ask(prompt, 30)), (count) => {
    if (count === 12) for (const name of names) home.laptop(name).kill();
  });
  expect(shown.text).toBe(expected.text);
  // The home may know that the second is gone before anybody asks it to come.
  expect(home.of('lost').length).toBeGreaterThan(0);
  expect(model.plan.nodes.map(({ name }) => name)).toEqual(['the master']);
});

test('a laptop lost while the others take over, and one lost after that, stop nothing', async () => {
  const expected = await alone(40);
  await home.start('attic');
  const model = await home.place(text);
  home.onEvent = (event) => {
    if (event.kind === 'planned') home.laptop('kitchen').kill();
  };
  const shown = await show(model.generate(ask(prompt, 40)), (count) => {
    if (count === 10) home.laptop('study').kill();
    if (count === 25) home.laptop('attic').kill();
  });
  expect(shown.text).toBe(expected.text);
  expect(home.of('lost').map(({ name }) => name)).toEqual(['study', 'kitchen', 'attic']);
  expect(home.of('resumed')).toHaveLength(2);
});

test('a laptop that comes back is taken in between answers, with the slice it kept', async () => {
  const expected = await alone(30);
  const model = await home.place(text);
  const first = await show(model.generate(ask(prompt, 30)), (count) => {
    if (count === 5) home.laptop('study').kill();
    if (count === 15) void home.start('study');
  });
  expect(first.text).toBe(expected.text);
  await vi.waitFor(() => expect(whoIsReady().at(-1)).toEqual(everyone), patience);
  const fetchedBefore = home.of('transfer').length;
  const second = await show(model.generate(ask(prompt, 30)));
  expect(second.text).toBe(expected.text);
  expect(model.plan.nodes.map(({ name }) => name).sort()).toEqual(everyone);
  expect(home.of('transfer').length).toBe(fetchedBefore);
  expect(whoIsReady()).toEqual([everyone, ['kitchen', 'the master'], everyone]);
});

test('an answer with a temperature goes on as it would have', async () => {
  const expected = await alone(30, 1);
  const model = await home.place(text);
  const shown = await show(model.generate(ask(prompt, 30, 1)), (count) => {
    if (count === 11) home.laptop('kitchen').kill();
  });
  expect(shown.tokens).toEqual(expected.tokens);
  expect(shown.text).toBe(expected.text);
  expect(home.of('resumed')).toHaveLength(1);
  expect((await alone(30)).tokens).not.toEqual(expected.tokens);
});

test('an answer that is stopped while it is paused ends at once, and the next one is answered', async () => {
  const expected = await alone(10);
  const model = await home.place(text);
  const stop = new AbortController();
  home.onEvent = (event) => {
    if (event.kind === 'paused') stop.abort();
  };
  const shown = await show(model.generate(ask(prompt, 400), stop.signal), (count) => {
    if (count === 8) home.laptop('kitchen').kill();
  });
  const readyThen = home.of('ready').length;
  expect(shown.reason).toBe('aborted');
  expect(shown.tokens.length).toBeLessThan(400);
  expect(readyThen).toBe(1);
  expect((await show(model.generate(ask(prompt, 10)))).text).toBe(expected.text);
});

test('says which laptop left and what is missing when the others cannot hold the model', async () => {
  await home.start('attic');
  const long = { ...load, contextTokens: 16_384 };
  // Every laptop as large as its process is now, and a little more than a quarter of the model needs.
  const processBytes = process.memoryUsage.rss() + 100e6;
  const fits = (memoryBytes: number, laptops: number): boolean => {
    const offers = Array.from({ length: laptops }, (_, index) => ({
      deviceId: String(index), name: String(index), capacity: { ...capacity, processBytes, memoryBytes },
      link: index === 0 ? null : { roundTripSeconds: 1e-4, bytesPerSecond: 1e8 },
    }));
    try {
      planCluster(plannedModel(text.opened, long, null), offers);
      return true;
    } catch (error) {
      if (error instanceof ModelDoesNotFitError) return false;
      throw error;
    }
  };
  let memoryBytes = processBytes;
  while (!fits(memoryBytes, 4)) memoryBytes += 2e6;
  expect(fits(memoryBytes, 3)).toBe(false);
  home.capacity = { ...capacity, processBytes, memoryBytes };
  const model = await home.place(text, { load: long });
  const pieces: string[] = [];
  const answer = async (): Promise<void> => {
    for await (const event of model.generate(ask(prompt, 400))) {
      if (event.kind === 'prefill') continue;
      pieces.push(event.text);
      if (pieces.length === 10) home.laptop('study').kill();
    }
  };
  const failure = await answer().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NoLongerFitsError);
  const { message, code, missingBytes } = failure as NoLongerFitsError;
  expect(code).toBe('MODEL_NO_LONGER_FITS');
  expect(message).toMatch(/^study was lost \(.*\)\. Without it, .* Give Hearth .* more on .*, or pair another laptop that offers/);
  expect(missingBytes).toBeGreaterThan(0);
  expect(pieces.length).toBeGreaterThanOrEqual(10);
  // It is answered again as soon as the laptop is back.
  await home.start('study');
  await vi.waitFor(() => expect(home.of('ready')).toHaveLength(2), patience);
  expect((await show(model.generate(ask(prompt, 10)))).text).toBe((await alone(10)).text);
});

test('moving the model again and again leaves nothing of it behind', async () => {
  const model = await home.place(text);
  const resources = (): string => [...process.getActiveResourcesInfo()].filter((name) => /TCP|TLS|MessagePort/.test(name)).sort().join(' ');
  const move = async (): Promise<void> => {
    const before = home.of('ready').length;
    home.laptop('kitchen').kill();
    await home.laptop('kitchen').ended;
    home.laptop('study').kill();
    await vi.waitFor(() => expect(whoIsReady().at(-1)).toEqual(['the master']), patience);
    await Promise.all(names.map((name) => home.start(name)));
    await vi.waitFor(() => expect(whoIsReady().at(-1)).toEqual(everyone), patience);
    await show(model.generate(ask(prompt, 4)));
    expect(home.of('ready').length).toBeGreaterThanOrEqual(before + 2);
  };
  await move();
  const [before, native, resident] = [resources(), kernels.memoryStats(), process.memoryUsage.rss()];
  for (let times = 0; times < 4; times++) await move();
  expect(kernels.memoryStats()).toEqual(native);
  expect(resources()).toBe(before);
  // Each move has loaded all of the model (33 MB) once and a third of it once.
  expect(process.memoryUsage.rss() - resident).toBeLessThan(66e6);
});

test('tells what was predicted beside what was measured', async () => {
  const model = await home.place(text);
  await show(model.generate(ask(prompt, 20)));
  const report = await model.report();
  expect(report.predictedSecondsPerToken).toBe(model.plan.secondsPerToken);
  expect(report.measuredSecondsPerToken).toBeGreaterThan(0);
  expect(report.nodes.map(({ name }) => name).sort()).toEqual(everyone);
  for (const { predictedBytes, measuredBytes } of report.nodes) {
    expect(predictedBytes).toBeGreaterThan(0);
    expect(measuredBytes).toBeGreaterThan(0);
  }
});
