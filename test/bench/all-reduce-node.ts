import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createAllReduce } from '../../engine/collective/create-all-reduce.js';
import { connectDataLinks, type DataPeer } from '../../engine/collective/data-links.js';
import type { DataListener } from '../../engine/collective/data-listener.js';
import type { Collective } from '../../engine/collective/linked-collective.js';
import type { TlsIdentity } from '../../engine/wire/device-id.js';
import { kernels } from '../../native-kernels/index.js';
import { answerPings } from './bare-ping-pong.js';

/** One process's place in a measured star. */
export interface StarSeat {
  rank: number;
  worldSize: number;
  identity: TlsIdentity;
  secret: string;
  peers: DataPeer[];
  spinMicroseconds: number;
  busy: boolean;
  /** Of each all-reduce and each ping. */
  bytes: number;
}

/** A thread that never stops computing. */
export function keepBusy(): void {
  new Worker('let x = 1; for (;;) x = Math.sin(x) + 1;', { eval: true }).unref();
}

/** Takes a place in the star; rank 0 needs a listener. */
export async function joinStar(seat: StarSeat, listener?: DataListener): Promise<Collective> {
  const { rank, worldSize, identity, peers, spinMicroseconds } = seat;
  const secret = Buffer.from(seat.secret, 'hex');
  const links = await connectDataLinks({
    collective: 'star', rank, worldSize, identity, secret, peers, listener, timeoutMs: 20_000,
  });
  return createAllReduce(links, kernels, { spinMicroseconds });
}

/** The life of every other rank: answers pings, and takes part in as many all-reduces as rank 0 announces. */
async function follow(seat: StarSeat): Promise<void> {
  const memory = kernels.allocate(seat.bytes);
  const collective = await joinStar(seat);
  process.send?.(await answerPings(seat.identity, seat.bytes));
  if (seat.busy) keepBusy();
  for (;;) {
    const command = await collective.nextCommand();
    if (command.name !== 'step') process.exit(0);
    for (let call = 0; call < command.tokens; call += 1) await collective.allReduce(memory, 0, seat.bytes / 4);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.once('message', (seat) => void follow(seat as StarSeat));
