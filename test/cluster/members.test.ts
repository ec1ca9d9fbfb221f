import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { endAllProcesses } from '../integration/hearth-process.js';
import { HomeLaptop, pair } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';
import { writePairedFolders } from './paired-folders.js';

const missing = namespacesMissing();
const names = ['kitchen', 'attic', 'study'] as const;

/** What is said of two laptops with one identity: of another one, or of this one itself. */
function clonesOf({ laptops, problems }: Pick<HomeState, 'laptops' | 'problems'>): string[] {
  const all = [...problems, ...laptops.flatMap(({ problem }) => problem ?? [])];
  return all.filter(({ code }) => code === 'CLONED_IDENTITY').map(({ sentence }) => sentence);
}

describe.skipIf(missing !== null)(`the members of a home${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let network: Network;
  let laptops: [HomeLaptop, HomeLaptop, HomeLaptop];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-members-'));
    network = new Network(4);
    await writePairedFolders(new Map(names.map((name) => [name, join(folder, name)])));
    laptops = names.map((name, index) => new HomeLaptop(name, join(folder, name), network.nodes[index]!)) as typeof laptops;
  });
  afterEach(async () => {
    await endAllProcesses();
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const present = (laptop: HomeLaptop, ...who: readonly string[]) => laptop.sees(`${who.join(', ')} present`, ({ laptops: seen }) =>
    who.every((name) => seen.some((one) => one.name === name && one.present)));

  test('follow the one that a person pins, until nobody is pinned', async () => {
    const [kitchen, attic, study] = laptops;
    for (const laptop of laptops) laptop.start();
    for (const laptop of laptops) await present(laptop, ...names);
    for (const wanted of [study, attic]) {
      expect((await kitchen.run('cluster', '--pin', wanted.name).ended).code).toBe(0);
      for (const laptop of laptops) {
        await laptop.sees(`${wanted.name} leading`, ({ master, pinned, laptops: seen }) => {
          const named = seen.find(({ name }) => name === wanted.name)!;
          return master === named.deviceId && pinned === named.deviceId && named.role === 'master';
        });
      }
    }
    const shown = kitchen.run('cluster', '--json');
    expect((await shown.ended).code).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({ laptops: expect.arrayContaining([expect.objectContaining({ name: 'attic', role: 'master', present: true })]) as unknown });
    expect((await study.run('cluster', '--unpin').ended).code).toBe(0);
    for (const laptop of laptops) await laptop.sees('nobody pinned', ({ pinned, master }) => pinned === null && master !== null);
  });

  test('are renamed and paused from any laptop of the home, and one that is away is said to be', async () => {
    const [kitchen, attic] = laptops;
    for (const laptop of [kitchen, attic]) laptop.start();
    await present(kitchen, 'attic');
    const renaming = kitchen.run('cluster', '--rename', 'Loft\nunder the roof', '--of', 'attic');
    expect((await renaming.ended).code).toBe(0);
    const named = 'Loft under the roof';
    for (const laptop of [kitchen, attic]) await laptop.sees('the new name', ({ laptops: seen }) => seen.some(({ name }) => name === named));
    // Kept by the laptop itself, for when it starts again.
    expect(JSON.parse(readFileSync(join(attic.folder, 'device.json'), 'utf8'))).toEqual({ name: named });
    const bothSee = async (what: string, paused: boolean): Promise<void> => {
      for (const laptop of [kitchen, attic]) {
        await laptop.sees(what, ({ laptops: seen }) => seen.some((one) => one.name === named && one.present && one.paused === paused));
      }
    };
    expect((await kitchen.run('cluster', '--pause', '--of', named).ended).code).toBe(0);
    await bothSee('the pause', true);
    await attic.stop();
    attic.start(['--name', named]);
    await attic.started.says(/still paused: `hearth cluster --resume/);
    await bothSee('the pause again', true);
    expect((await kitchen.run('cluster', '--resume', '--of', named).ended).code).toBe(0);
    await bothSee('it back at work', false);
    const away = kitchen.run('cluster', '--pause', '--of', 'study');
    expect((await away.ended).code).toBe(4);
    expect(away.stderr).toContain('study is away, so nothing was changed: start Hearth on it and try again.');
  });

  test('learn of a newcomer and of a removal also when they were away', async () => {
    const [kitchen, attic, study] = laptops;
    const cellar = new HomeLaptop('cellar', join(folder, 'cellar'), network.nodes[3]!);
    for (const laptop of [kitchen, attic, cellar]) laptop.start();
    await pair(kitchen, cellar);
    await present(cellar, 'kitchen', 'attic');
    expect((await kitchen.run('unpair', 'attic').ended).code).toBe(0);
    // Its connections are closed, and it knows that it is out.
    await attic.sees('itself alone', ({ laptops: seen }) => seen.length === 1);
    await attic.started.says(/put this laptop out of the home/);
    study.start();
    await present(study, 'kitchen', 'cellar');
    const state = await study.sees('the attic out', ({ laptops: seen }) => seen.every(({ name }) => name !== 'attic'));
    expect(state.laptops.map(({ name }) => name).sort()).toEqual(['cellar', 'kitchen', 'study']);
  });

  test('are told of two laptops that run as one, on every screen, and by what to do', async () => {
    const [kitchen, attic, study] = laptops;
    for (const laptop of [kitchen, attic]) laptop.start();
    await present(kitchen, 'attic');
    // Locks come and go while it runs.
    cpSync(attic.folder, study.folder, { recursive: true, force: true, filter: (file) => !/\.(sock|lock)$/.test(file) });
    const copy = new HomeLaptop('attic', study.folder, study.machine);
    copy.start();
    for (const laptop of [kitchen, attic, copy]) {
      const { laptops: seen, problems } = await laptop.sees('the clone', (state) => clonesOf(state).length > 0);
      expect(clonesOf({ laptops: seen, problems })[0]).toMatch(/settings folder was copied.*delete identity\.json and home\.json.*They are at 10\.77\.0\.\d/s);
    }
    const shown = kitchen.run('cluster');
    await shown.ended;
    expect(shown.stdout).toMatch(/! Two laptops run as the same device .* 10\.77\.0\.2 .*10\.77\.0\.3|! Two laptops run as the same device .* 10\.77\.0\.3 .*10\.77\.0\.2/);
  });

  test('are joined by nobody who guesses: after three wrong codes pairing is locked, for the right code too', async () => {
    const [kitchen] = laptops;
    const cellar = new HomeLaptop('cellar', join(folder, 'cellar'), network.nodes[3]!);
    cellar.start();
    const code = await cellar.code();
    const tried = async (typed: string): Promise<string> => {
      const pairing = kitchen.run('pair', network.nodes[3]!.address, '--code', typed);
      expect((await pairing.ended).code).toBe(4);
      return pairing.failure;
    };
    const wrong = code.startsWith('2222') ? '3333-3333' : '2222-2222';
    for (let tries = 0; tries < 3; tries += 1) expect(await tried(wrong)).toMatch(/is not the one that the other laptop shows/);
    expect(await tried(code)).toMatch(/Three tries were wrong: pairing is locked/);
    expect((await cellar.state())?.laptops).toHaveLength(1);
  });
});
