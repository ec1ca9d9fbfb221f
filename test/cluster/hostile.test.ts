import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memberPort } from '../../engine/cluster/member-port.js';
import { pairingPort } from '../../engine/cluster/pairing-session.js';
import { endAllProcesses, HearthProcess } from '../integration/hearth-process.js';
import { writeRandomModel } from '../integration/random-model.js';
import { ask, HomeLaptop, isReadyWith, laptopNames } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';
import { writePairedFolders } from './paired-folders.js';

const missing = namespacesMissing();
const prompt = 'Once upon a time';
const length = 12;
const kitchenAddress = '10.77.0.1';

interface Knock {
  readonly port: number;
  /** Without TLS, without a certificate, or with that of the guest's folder. */
  readonly as: 'plain' | 'anonymous' | 'itself';
  readonly saying: string;
}

type Knocked = Knock & { readonly heard: string; readonly closed: boolean };

describe.skipIf(missing !== null)(`a home with somebody hostile on its network${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let network: Network;
  let laptops: HomeLaptop[];
  let expected: number[];
  /** Device IDs by name. */
  let ids: Map<string, string>;

  const laptop = (name: string): HomeLaptop => laptops.find((one) => one.name === name)!;
  const running = (): HomeLaptop[] => laptops.slice(0, 3);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-hostile-'));
    network = new Network(5);
    const model = writeRandomModel(join(folder, 'model'));
    ids = await writePairedFolders(new Map(laptopNames.map((name) => [name, join(folder, name)])));
    laptops = laptopNames.map((name, index) => new HomeLaptop(name, join(folder, name), network.nodes[index]!));
    // The cellar's laptop is a member whose Hearth does not run: others act with its key.
    for (const one of running()) one.start(one.name === 'kitchen' ? ['--model-path', model] : []);
    await laptop('attic').sees('a model on three', isReadyWith(running()));
    expected = await ask(laptop('attic'), prompt, length);
  });

  afterAll(async () => {
    await endAllProcesses();
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Somebody on the fifth machine acts with the key of a folder. */
  async function guest<T>(own: string, order: object): Promise<T> {
    const acting = new HearthProcess([JSON.stringify({ host: kitchenAddress, folder: join(folder, own), ...order })], {
      home: join(folder, own), within: network.nodes[4]!.within, script: join(import.meta.dirname, 'hostile-guest.mjs'),
    });
    const { code } = await acting.ended;
    expect(code, acting.stderr).toBe(0);
    return JSON.parse(acting.stdout) as T;
  }

  async function knockAs(own: string, knocks: readonly Knock[]): Promise<Knocked[]> {
    const { results } = await guest<{ results: Knocked[] }>(own, { act: 'knockAll', knocks });
    expect(results).toHaveLength(knocks.length);
    for (const knocked of results) expect(knocked.closed, JSON.stringify(knocked)).toBe(true);
    return results;
  }

  /** Nobody ended, nobody was lost, and the answer is what it was. */
  async function expectUndisturbed(): Promise<void> {
    for (const { started } of running()) {
      expect(started.ending, started.stderr).toBeNull();
      expect(started.stderr).not.toMatch(/(kitchen|attic|study) was lost|Error:|\n {4}at /);
    }
    await laptop('attic').sees('a model on three, still', isReadyWith(running()));
    expect(await ask(laptop('attic'), prompt, length)).toEqual(expected);
  }

  test('tells a stranger nothing at any of its open ports, whatever is sent there', async () => {
    const ports = openPorts(laptop('kitchen').started.pid);
    expect(ports).toContain(memberPort);
    // Members, the run's workers, its data, slices, and blocks.
    expect(ports.length).toBeGreaterThanOrEqual(3);
    const ways: [Knock['as'], string][] = [
      ['plain', 'garbage'], ['anonymous', 'garbage'], ['itself', 'garbage'], ['itself', 'memberHello'], ['itself', 'blocks'],
    ];
    const knocked = await knockAs('stranger', ports.flatMap((port) => ways.map(([as, saying]) => ({ port, as, saying }))));
    for (const { port, as, saying, heard } of knocked) {
      const said = `port ${port}, ${as}, ${saying}: ${JSON.stringify(heard)}`;
      // No more than TLS's own alert; and where a run's token decides who gets in, a number to prove with that one has it.
      if (as === 'plain') expect(heard.length, said).toBeLessThanOrEqual(16);
      else if (as === 'anonymous' || port === memberPort) expect(heard, said).toBe('');
      else expect(heard, said).toMatch(/^(HN[^]{10}\{"nonce":"[0-9a-f]{64}"\})?$/);
    }
    await expectUndisturbed();
  });

  test('hangs up on a member that sends garbage, an old protocol or words out of place', async () => {
    const sayings = ['garbage', 'oldProtocol', 'oversized', 'outOfOrder', 'unknown', 'malformed', 'ofAnotherPort', 'garbageAfterHello'];
    const knocked = await knockAs('cellar', sayings.map((saying) => ({ port: memberPort, as: 'itself' as const, saying })));
    // It is a member: it was greeted, and heard no more of the home than the one that said hello properly.
    for (const { saying, heard } of knocked) {
      expect(heard, saying).toContain('"nonce"');
      if (saying !== 'garbageAfterHello') expect(heard, saying).not.toContain('certificate');
    }
    await expectUndisturbed();
  });

  test('lets nobody in again who plays a pairing that was recorded', async () => {
    const opened = laptop('kitchen').run('pair');
    const [, code = ''] = await opened.says(/on the other laptop: (\S+)/, 'stdout');
    const { said } = await guest<{ said: unknown[] }>('guest', { act: 'pairRecording', code, port: pairingPort });
    expect((await opened.ended).code).toBe(0);
    await laptop('attic').sees('the guest', (state) => state.laptops.some(({ name }) => name === 'guest'));
    expect((await laptop('attic').run('unpair', 'guest').ended).code).toBe(0);
    await laptop('kitchen').sees('the guest out', (state) => state.laptops.every(({ name }) => name !== 'guest'));

    const openedAgain = laptop('kitchen').run('pair');
    await openedAgain.says(/on the other laptop: (\S+)/, 'stdout');
    const { heard } = await guest<{ heard: string[] }>('guest', { act: 'replay', said, port: pairingPort });
    expect(heard).toEqual(['pairWelcome', 'pairAnswer', 'PAIRING_CODE_WRONG']);
    expect(openedAgain.stdout).not.toContain('Paired');
    openedAgain.kill('SIGINT');
    await openedAgain.ended;
    const [atSession] = await knockAs('guest', [{ port: memberPort, as: 'itself', saying: 'memberHello' }]);
    expect(atSession?.heard).toBe('');
    expect((await laptop('kitchen').state())?.laptops.map(({ name }) => name).sort()).toEqual([...laptopNames].sort());
    await expectUndisturbed();
  });

  test('takes nobody at a member’s address for that member', async () => {
    const impostor = new HearthProcess([JSON.stringify({ folder: join(folder, 'impostor'), port: memberPort, poses: ids.get('cellar') })], {
      home: join(folder, 'impostor'), within: laptop('cellar').machine.within, script: join(import.meta.dirname, 'impostor.mjs'),
    });
    await impostor.says(/visited/, 'stdout');
    const state = await laptop('kitchen').sees('why the cellar is away', ({ laptops: seen }) => seen.some(({ name, problem }) => name === 'cellar' && problem !== null));
    expect(state.laptops.find(({ name }) => name === 'cellar')).toMatchObject({ present: false });
    expect(impostor.stdout).not.toContain('heard');
    impostor.kill();
    await impostor.ended;
    await expectUndisturbed();
  });
});

/** TCP ports that something listens on in the network of a process. */
function openPorts(pid: number): number[] {
  const lines = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, 'utf8').trim().split('\n').slice(1));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === '0A');
  return [...new Set(listening.map(([, local = '']) => parseInt(local.split(':')[1] ?? '', 16)))].sort((a, b) => a - b);
}
