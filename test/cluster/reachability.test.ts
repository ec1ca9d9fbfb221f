import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HomeLaptop as SeenLaptop } from '../../engine/cluster/home-state.js';
import { endAllProcesses } from '../integration/hearth-process.js';
import { HomeLaptop } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';
import { filterMissing, isolateStations, passAll, putUpFirewall } from './packet-filter.js';
import { writePairedFolders } from './paired-folders.js';

const missing = namespacesMissing() ?? filterMissing();

/** The kitchen's laptop and the attic's, paired, on a network of their own. */
interface Pair {
  readonly network: Network;
  readonly kitchen: HomeLaptop;
  readonly attic: HomeLaptop;
}

const atticIn = ({ laptops }: { laptops: readonly SeenLaptop[] }) => laptops.find(({ name }) => name === 'attic');

/** Both run, each in view of the other, and the kitchen's screen, its table, its JSON and its log say why the attic is away. */
async function expectExplained({ kitchen, attic }: Pair, code: string, words: RegExp): Promise<void> {
  for (const laptop of [kitchen, attic]) laptop.start();
  // The kitchen has to find its own question for the attic's address unanswered, which the attic's for the kitchen's may hide for a while.
  const state = await kitchen.sees('why the attic is away', (seen) => atticIn(seen)?.problem?.code === code, 120_000);
  expect(atticIn(state)).toMatchObject({ present: false, problem: { sentence: expect.stringMatching(words) as string } });
  const [table, json] = [kitchen.run('cluster'), kitchen.run('cluster', '--json')];
  await Promise.all([table.ended, json.ended]);
  expect(table.stdout).toMatch(words);
  expect(atticIn(JSON.parse(json.stdout) as { laptops: SeenLaptop[] })).toMatchObject({ problem: { code } });
  expect(kitchen.started.stderr).toMatch(words);
}

async function expectTogether({ kitchen }: Pair): Promise<void> {
  const state = await kitchen.sees('the attic', (seen) => atticIn(seen)?.present === true);
  expect(atticIn(state)?.problem).toBeNull();
}

describe.skipIf(missing !== null)(`a laptop that is heard and cannot be reached${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  const networks: Network[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-reach-'));
  });
  afterAll(async () => {
    await endAllProcesses();
    for (const network of networks) network.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function makePair(own: string): Promise<Pair> {
    const network = new Network(2);
    networks.push(network);
    await writePairedFolders(new Map(['kitchen', 'attic'].map((name) => [name, join(folder, own, name)])));
    const [kitchen, attic] = ['kitchen', 'attic'].map((name, index) => new HomeLaptop(name, join(folder, own, name), network.nodes[index]!));
    return { network, kitchen: kitchen!, attic: attic! };
  }

  test.concurrent('because both have a firewall is shown with that reason and what to do, until one lets Hearth in', async () => {
    const pair = await makePair('firewalls');
    for (const { namespace } of pair.network.nodes) putUpFirewall(namespace);
    await expectExplained(pair, 'FIREWALL', /attic does not answer: a firewall on it probably keeps Hearth out\. Allow Hearth there/);
    passAll(pair.attic.machine.namespace);
    await expectTogether(pair);
  });

  test.concurrent('because the access point keeps its stations apart is shown with that reason and what to do, until it does not', async () => {
    const pair = await makePair('isolation');
    isolateStations(pair.network.hub);
    await expectExplained(pair, 'ISOLATION', /attic is heard but not reached: .* Turn off "AP isolation"/);
    passAll(pair.network.hub);
    await expectTogether(pair);
  });
});
