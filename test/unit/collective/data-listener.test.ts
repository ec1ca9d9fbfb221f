import { afterEach, expect, test } from 'vitest';
import { makeIdentity } from '../../../engine/cluster/identity.js';
import { dataSide } from '../../../engine/collective/data-links.js';
import { DataListener } from '../../../engine/collective/data-listener.js';
import { UnheardLinks } from '../../../engine/collective/unheard-links.js';
import { receiveControl } from '../../../engine/wire/control.js';
import type { Link } from '../../../engine/wire/link.js';
import { memoryLinkPair } from '../../../engine/wire/memory-link.js';
import { dialTls } from '../../../engine/wire/tls-link.js';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function link(): Link {
  const side = dataSide('star', 0);
  const [one] = memoryLinkPair({ deviceId: 'a', side }, { deviceId: 'b', side: dataSide('star', 1) }, 1024);
  return one;
}

test('Whoever opens many links unheard loses its own oldest, and nobody else loses any', () => {
  const unheard = new UnheardLinks(2, 4);
  const [mine, first, second, third] = [link(), link(), link(), link()];
  unheard.add(mine, '10.0.0.2');
  for (const one of [first, second, third]) unheard.add(one, '10.0.0.9');
  expect(first.closedBecause?.message).toMatch(/unheard/);
  expect(unheard.links()).toEqual([mine, second, third]);
});

test('Beyond the bound of all, the address with most links loses its oldest', () => {
  const unheard = new UnheardLinks(3, 4);
  const [mine, ...theirs] = Array.from({ length: 5 }, link);
  unheard.add(mine as Link, '10.0.0.2');
  for (const [index, one] of theirs.entries()) unheard.add(one, index === 3 ? '10.0.0.8' : '10.0.0.9');
  expect(unheard.links()).toEqual([mine, theirs[1], theirs[2], theirs[3]]);
});

test('A link that was heard, or closed, counts no more', async () => {
  const unheard = new UnheardLinks(1, 2);
  const [heard, closed] = [link(), link()];
  unheard.add(heard, 'a');
  unheard.heard(heard);
  unheard.add(closed, 'a');
  closed.close();
  await closed.closed;
  expect(unheard.links()).toEqual([]);
  expect(heard.closedBecause).toBeUndefined();
});

test('A worker gets in although a stranger fills the port with links that say nothing', async () => {
  const [master, worker, stranger] = await Promise.all([makeIdentity(), makeIdentity(), makeIdentity()]);
  const listener = await DataListener.open({ host: '127.0.0.1', port: 0, identity: master, side: dataSide('star', 0) });
  open.push(listener);
  const dial = (identity: typeof worker): Promise<Link> => dialTls({
    host: '127.0.0.1', port: listener.port, identity, expects: master.deviceId, side: dataSide('star', 1), timeoutMs: 30_000,
  });
  for (let wave = 0; wave < 10; wave += 1) {
    for (const one of await Promise.all(Array.from({ length: 30 }, () => dial(stranger)))) open.push(one);
  }
  const judge = async (one: Link): Promise<number> => {
    const { body } = await receiveControl(one, ['linkHello'], 20_000);
    return body.rank;
  };
  const taken = listener.take([1], judge, 20_000);
  const own = await dial(worker);
  open.push(own);
  own.send('linkHello', { rank: 1, proof: '0'.repeat(64) });
  await receiveControl(own, ['linkReady'], 20_000);
  expect((await taken).map(({ rank, link: { peerId } }) => [rank, peerId])).toEqual([[1, worker.deviceId]]);
});
