import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endAllProcesses, HearthProcess } from '../integration/hearth-process.js';
import { writeRandomModel } from '../integration/random-model.js';
import { ask, HomeLaptop, isReadyWith, laptopNames, pair, tokensOf } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';

const missing = namespacesMissing();
const prompt = 'Once upon a time';
const length = 24;

describe.skipIf(missing !== null)(`a home of four laptops${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let network: Network;
  let blocked: Network;
  let laptops: HomeLaptop[];
  let expected: number[];
  let model: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-home-'));
    model = writeRandomModel(join(folder, 'model'));
    network = new Network(5);
    blocked = new Network(4);
    for (const index of blocked.nodes.keys()) blocked.blockMulticast(index);
    laptops = laptopNames.map((name, index) => new HomeLaptop(name, join(folder, name), network.nodes[index]!));
    const alone = new HearthProcess(
      ['run', '--model-path', model, '--prompt', prompt, '--length', String(length), '--temperature', '0', '--threads', '1', '--json'],
      { home: join(folder, 'alone') },
    );
    await alone.ended;
    expected = tokensOf(alone);
  });

  afterAll(async () => {
    await endAllProcesses();
    network.remove();
    blocked.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const flagsOf = (laptop: HomeLaptop): string[] =>
    (laptop === laptops[0] ? ['--model-path', model] : []);

  test('pairs by the codes that helpers print, each typed once at one laptop', async () => {
    const [kitchen, ...helpers] = laptops;
    for (const laptop of laptops) laptop.start(flagsOf(laptop));
    for (const helper of helpers) await pair(kitchen!, helper);
    // Those that never met by a code know each other by the home's list.
    for (const laptop of laptops) {
      await laptop.sees('all four', (state) => state.laptops.filter(({ present }) => present).length === 4);
    }
    for (const laptop of laptops) await laptop.stop();
  });

  test('is ready without an address, started in any order, and answers whoever asks', async () => {
    const seed = Number(process.env['HEARTH_SEED'] ?? Date.now() % 100_000);
    for (const laptop of shuffled(laptops, seed)) laptop.start(flagsOf(laptop));
    const lastStart = performance.now();
    const [kitchen, attic] = laptops;
    await attic!.sees(`a model on all four (seed ${seed})`, isReadyWith(laptops));
    console.log(`From the last of four starts to ready: ${((performance.now() - lastStart) / 1000).toFixed(1)} s (seed ${seed})`);
    expect(await ask(attic!, prompt, length)).toEqual(expected);
    expect(await ask(kitchen!, prompt, length)).toEqual(expected);
    const { laptops: seen, master, model: loaded } = (await attic!.state())!;
    expect(seen.find(({ deviceId }) => deviceId === master)?.name).toBe('kitchen');
    expect(loaded?.secondsPerToken.measured).toBeGreaterThan(0);
    for (const laptop of seen) {
      expect(laptop).toMatchObject({ present: true, problem: null });
      // Told before anything was loaded, beside what was then measured.
      const said = `${laptop.name}: ${laptop.predictedBytes} bytes predicted, ${laptop.measuredBytes} measured`;
      console.log(said);
      expect(laptop.measuredBytes! / laptop.predictedBytes!, said).toBeLessThanOrEqual(1.1);
      expect(laptop.measuredBytes! / laptop.predictedBytes!, said).toBeGreaterThanOrEqual(0.9);
      if (!laptop.isSelf) expect(laptop.roundTripMs).toBeGreaterThan(0);
    }
  });

  test('shows itself in a table, and says nothing of what was asked', async () => {
    const [kitchen] = laptops;
    const shown = kitchen!.run('cluster');
    expect((await shown.ended).code).toBe(0);
    expect(shown.stdout).toMatch(/kitchen \(this laptop\)\s+master\s+here/);
    expect(shown.stdout).toMatch(/attic\s+helper\s+here\s+offers .*\s+[\d.]+ ms/);
    for (const { started } of laptops) {
      expect(started.stderr).not.toContain(prompt);
      // One line per event, with its time.
      for (const line of started.stderr.trim().split('\n')) expect(line).toMatch(/^\d\d:\d\d:\d\d \S.*[.:!]?$/);
    }
  });

  test('gives strangers nothing and goes on answering among thousands of half-open connections', async () => {
    const [kitchen, attic] = laptops;
    const stranger = new HomeLaptop('stranger', join(folder, 'stranger'), network.nodes[4]!);
    stranger.start(['--address', '10.77.0.1', '--address', '10.77.0.2']);
    const flooding = new HearthProcess(['10000', '10.77.0.1', '29510'], {
      home: stranger.folder, within: stranger.machine.within, script: join(import.meta.dirname, 'half-open-flood.mjs'),
    });
    await flooding.says(/open/, 'stdout');
    expect(await ask(attic!, prompt, length)).toEqual(expected);
    const { laptops: seen, nearby } = await stranger.sees('the others nearby', (state) => state.nearby.length >= 4);
    expect(seen).toHaveLength(1);
    expect(nearby.map(({ name }) => name).sort()).toEqual([...laptopNames].sort());
    const asked = stranger.run('run', '--home', '--prompt', prompt);
    expect((await asked.ended).code).toBe(4);
    expect(asked.stdout.trim()).toBe('');
    expect(await kitchen!.sees('all four, still', isReadyWith(laptops))).toBeDefined();
    await flooding.says(/offered/, 'stdout');
    await expect.poll(() => heldConnections(kitchen!.started.pid, '10.77.0.5'), { timeout: 30_000 }).toBeLessThanOrEqual(8);
    flooding.kill();
    await stranger.stop();
  });

  test('cuts a removed laptop off, and answers without it', async () => {
    const [kitchen, attic, , cellar] = laptops;
    const unpair = attic!.run('unpair', 'cellar');
    expect((await unpair.ended).code).toBe(0);
    await cellar!.sees('itself alone', (state) => state.laptops.length === 1);
    const rest = laptops.filter((laptop) => laptop !== cellar);
    await kitchen!.sees('the other three', isReadyWith(rest));
    expect(await ask(attic!, prompt, length)).toEqual(expected);
    const asked = cellar!.run('run', '--home', '--prompt', prompt);
    expect((await asked.ended).code).toBe(4);
    await pair(kitchen!, cellar!);
    await kitchen!.sees('all four again', (state) => state.laptops.filter(({ present }) => present).length === 4);
    for (const laptop of laptops) await laptop.stop();
  });

  test('is ready where multicast is blocked, from the address of one laptop typed on the others', async () => {
    const moved = laptops.map((laptop, index) => laptop.movedTo(join(folder, `moved-${laptop.name}`), blocked.nodes[index]!));
    for (const [index, laptop] of moved.entries()) {
      laptop.start([...(index === 0 ? ['--model-path', model] : []), ...(index === 1 ? [] : ['--address', blocked.nodes[1]!.address])]);
    }
    await moved[3]!.sees('a model on all four', isReadyWith(moved));
    expect(await ask(moved[3]!, prompt, length)).toEqual(expected);
    const { nearby } = (await moved[0]!.state())!;
    expect(nearby).toEqual([]);
    // What was typed once is remembered.
    await moved[3]!.stop();
    await moved[0]!.started.says(/cellar left/);
    moved[3]!.start();
    await moved[3]!.sees('the others again', (state) => state.laptops.filter(({ present }) => present).length === 4);
    for (const laptop of moved) await laptop.stop();
  });
});

function shuffled<T>(values: readonly T[], seed: number): T[] {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return values.map((value) => ({ value, key: next() })).sort((a, b) => a.key - b.key).map(({ value }) => value);
}

/** Connections of a laptop with another address, as its own system counts them: what the other end believes is its own affair. */
function heldConnections(pid: number, address: string): number {
  const theirs = Buffer.from(address.split('.').map(Number)).reverse().toString('hex').toUpperCase();
  const established = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').map((line) => line.trim().split(/\s+/));
  return established.filter(([, , remote = '', state]) => state === '01' && remote.startsWith(theirs)).length;
}
