import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespacesMissing, Network } from './network.js';
import { startNode, type NodeProcess } from './node-process.js';

const whyNot = namespacesMissing();
const port = 29_517;

describe.skipIf(whyNot !== null)(`laptops on one network${whyNot === null ? '' : ` (skipped: ${whyNot})`}`, () => {
  let network: Network;
  let scratch: string;
  const nodes: NodeProcess[] = [];

  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'hearth-discovery-'));
  });

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.kill();
    network.remove();
    rmSync(scratch, { recursive: true });
  });

  const start = (index: number, name: string, settings: { askMs?: number; watchMs?: number } = {}): NodeProcess => {
    const node = startNode(network.nodes[index]!, 'discovery-node.mjs', { folder: join(scratch, name), name, port, ...settings });
    nodes.push(node);
    return node;
  };
  const idOf = async (node: NodeProcess): Promise<string> =>
    (await node.heard(({ event }) => event === 'started'))['deviceId'] as string;
  const seen = async (by: NodeProcess, whom: NodeProcess) => {
    const id = await idOf(whom);
    return by.heard(({ event, deviceId }) => event === 'sighted' && deviceId === id);
  };

  it('find each other, started in any order, and know the addresses in the order to try them', async () => {
    network = new Network(3);
    for (const index of network.nodes.keys()) network.addDocker(index);
    const first = start(0, 'kitchen');
    await idOf(first);
    const second = start(1, 'attic');
    const third = start(2, 'study');
    for (const [by, whom, name, address] of [
      [first, second, 'attic', '10.77.0.2'], [second, first, 'kitchen', '10.77.0.1'], [third, first, 'kitchen', '10.77.0.1'],
      [first, third, 'study', '10.77.0.3'],
    ] as const) {
      const sighting = await seen(by, whom);
      expect(sighting).toMatchObject({ name, protocolVersion: 1, port });
      const hosts = (sighting['addresses'] as { host: string }[]).map(({ host }) => host);
      expect(hosts[0]).toBe(address);
      expect(hosts.at(-1)).toBe('172.17.0.1');
    }
  });

  it('hear a goodbye at once, and say nothing of a laptop that still answers', async () => {
    network = new Network(3);
    const [first, second, third] = [0, 1, 2].map((index) => start(index, `n${index}`, { askMs: 300 }));
    for (const other of [second!, third!]) await seen(first!, other);
    second!.tell({ command: 'stop' });
    const gone = await first!.heard(({ event }) => event === 'gone');
    expect(gone).toMatchObject({ deviceId: await idOf(second!), why: 'goodbye' });
    await second!.exited();
    await third!.heard(({ event }) => event === 'gone');
    expect(first!.events.filter(({ event }) => event === 'gone')).toHaveLength(1);
  });

  it('notice without a goodbye that an announcement is answered no more', async () => {
    network = new Network(2);
    const [first, second] = [0, 1].map((index) => start(index, `n${index}`, { askMs: 300 }));
    const id = (await seen(first!, second!))['deviceId'];
    await second!.kill();
    expect(await first!.heard(({ event }) => event === 'gone')).toMatchObject({ deviceId: id, why: 'faded' });
  });

  it('find each other when an address comes after the start', async () => {
    network = new Network(2, [1]);
    const waiting = start(1, 'late', { watchMs: 200 });
    const first = start(0, 'early');
    await idOf(waiting);
    expect(waiting.events.some(({ event }) => event === 'sighted')).toBe(false);
    network.giveAddress(1);
    await seen(first, waiting);
    await seen(waiting, first);
  });

  it('see that multicast works on an interface, and reach each other by a typed address where it is blocked', async () => {
    network = new Network(2);
    for (const index of network.nodes.keys()) network.blockMulticast(index);
    const [first, second] = [0, 1].map((index) => start(index, `n${index}`, { askMs: 200 }));
    const works = ({ event, health }: { event: string; health?: unknown }): boolean =>
      event === 'multicast' && (health as { works: boolean }[]).some((one) => one.works);
    await Promise.all([first!.heard(works), second!.heard(works)]);
    second!.tell({ command: 'remember', host: '10.77.0.1', port });
    await second!.heard(({ event }) => event === 'remembered');
    second!.tell({ command: 'dial' });
    expect(await second!.heard(({ event }) => event === 'reached')).toMatchObject({ peerId: await idOf(first!) });
    expect(await first!.heard(({ event }) => event === 'visited')).toMatchObject({ peerId: await idOf(second!) });
    expect([...first!.events, ...second!.events].filter(({ event }) => event === 'sighted')).toEqual([]);

    await second!.kill();
    const again = start(1, 'n1');
    expect(await again.heard(({ event }) => event === 'started')).toMatchObject({ manual: [{ host: '10.77.0.1', port }] });
    again.tell({ command: 'dial' });
    expect(await again.heard(({ event }) => event === 'reached')).toMatchObject({ peerId: await idOf(first!) });
  });

  it('notice another laptop with the same identity', async () => {
    network = new Network(2);
    const first = start(0, 'original');
    const id = await idOf(first);
    cpSync(join(scratch, 'original'), join(scratch, 'copy'), { recursive: true });
    const second = start(1, 'copy');
    for (const node of [first, second]) {
      const sighting = await node.heard(({ event }) => event === 'sighted');
      expect(sighting['deviceId']).toBe(id);
    }
  });
});
