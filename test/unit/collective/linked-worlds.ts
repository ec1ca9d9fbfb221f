import { randomBytes } from 'node:crypto';
import { makeIdentity, type Identity } from '../../../engine/cluster/identity.js';
import { createAllReduce } from '../../../engine/collective/create-all-reduce.js';
import {
  connectDataLinks, dataSide, listensForData, type DataLinks, type DataPeer,
} from '../../../engine/collective/data-links.js';
import { DataListener } from '../../../engine/collective/data-listener.js';
import type { Collective } from '../../../engine/collective/linked-collective.js';
import type { Link } from '../../../engine/wire/link.js';
import { memoryLinkPair } from '../../../engine/wire/memory-link.js';
import { ArrayMemory } from './array-memory.js';

export type Shape = 'star' | 'ring';

export interface LinkedWorld {
  readonly ranks: readonly { readonly collective: Collective; readonly memory: ArrayMemory }[];
  kill(rank: number): void;
  close(): void;
}

function worldOf(links: readonly DataLinks[], spinMicroseconds: number): LinkedWorld {
  const ranks = links.map((own) => {
    const memory = new ArrayMemory();
    return { collective: createAllReduce(own, memory, { spinMicroseconds }), memory };
  });
  const linksOf = (own: DataLinks | undefined): Link[] =>
    own === undefined ? [] : own.shape === 'star' ? own.peers.map(({ link }) => link) : [own.next.link, own.previous.link];
  return {
    ranks,
    kill: (rank) => {
      const own = linksOf(links[rank]);
      // The dead say nothing.
      for (const link of own) link.onActivity = undefined;
      for (const link of own) link.close();
    },
    close: () => ranks.forEach(({ collective }) => collective.close()),
  };
}

/** A world in this process; what arrives comes in pieces of `chunkBytes`. */
export function memoryWorld(shape: Shape, worldSize: number, chunkBytes: number, spinMicroseconds: number): LinkedWorld {
  const pair = (a: number, b: number): [Link, Link] => memoryLinkPair(
    { deviceId: `device ${a}`, side: dataSide(shape, a) }, { deviceId: `device ${b}`, side: dataSide(shape, b) }, chunkBytes,
  );
  const ranks = Array.from({ length: worldSize }, (_, rank) => rank);
  if (shape === 'star' || worldSize === 1) {
    const pairs = ranks.slice(1).map((rank) => pair(0, rank));
    return worldOf(ranks.map((rank) => ({
      shape: 'star', rank, worldSize,
      peers: rank === 0
        ? pairs.map(([link], index) => ({ rank: index + 1, link }))
        : pairs.slice(rank - 1, rank).map(([, link]) => ({ rank: 0, link })),
    })), spinMicroseconds);
  }
  const onward = ranks.map((rank) => pair(rank, (rank + 1) % worldSize));
  return worldOf(ranks.map((rank) => {
    const before = (rank + worldSize - 1) % worldSize;
    const next = onward[rank]?.[0];
    const previous = onward[before]?.[1];
    if (next === undefined || previous === undefined) throw new Error('No link');
    return {
      shape: 'ring', rank, worldSize,
      next: { rank: (rank + 1) % worldSize, link: next }, previous: { rank: before, link: previous },
    };
  }), spinMicroseconds);
}

const identities: Promise<Identity>[] = Array.from({ length: 5 }, () => makeIdentity());

/** A world over real sockets and mutual TLS. */
export async function tlsWorld(shape: Shape, worldSize: number, spinMicroseconds: number): Promise<LinkedWorld> {
  const secret = randomBytes(32);
  const own = await Promise.all(identities.slice(0, worldSize));
  const listeners = await Promise.all(own.map(async (identity, rank) => listensForData(shape, rank, worldSize)
    ? await DataListener.open({ host: '127.0.0.1', port: 0, identity, side: dataSide(shape, rank) })
    : undefined));
  const peers: DataPeer[] = own.map(({ deviceId }, rank) => (
    { rank, deviceId, host: '127.0.0.1', dataPort: listeners[rank]?.port }));
  const links = await Promise.all(own.map((identity, rank) => connectDataLinks({
    collective: shape, rank, worldSize, identity, secret, peers, listener: listeners[rank], timeoutMs: 10_000,
  })));
  return worldOf(links, spinMicroseconds);
}
