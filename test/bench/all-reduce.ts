/**
 * What a star all-reduce of 16 KiB costs beside a bare TLS ping-pong of 16 KiB, between Node processes of this machine.
 *
 * Method: N processes over loopback, mutual TLS 1.3, native memory as in a real run. Rounds of all-reduces and of bare
 * ping-pongs (rank 0 to one peer, and to all peers at once) alternate; all are timed one by one on rank 0, and medians are
 * printed. Once with the machine left alone, once with a thread in every process that computes without pause.
 *
 * Run: npx tsc -p test/bench/tsconfig.json && node dist/test/bench/all-reduce.js
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { makeIdentity } from '../../engine/cluster/identity.js';
import { createAllReduce } from '../../engine/collective/create-all-reduce.js';
import { connectDataLinks, dataSide, type DataPeer } from '../../engine/collective/data-links.js';
import { DataListener } from '../../engine/collective/data-listener.js';
import type { TlsIdentity } from '../../engine/wire/device-id.js';
import { kernels } from '../../native-kernels/index.js';
import { answerPings, Pinger } from './bare-ping-pong.js';

const bytes = 16_384;
const rounds = 10;
const perRound = 600;
const self = fileURLToPath(import.meta.url);

interface Setup {
  rank: number;
  worldSize: number;
  identity: TlsIdentity;
  secret: string;
  peers: DataPeer[];
  spinMicroseconds: number;
  busy: boolean;
}

/** A thread that never stops computing. */
function keepBusy(): void {
  new Worker('let x = 1; for (;;) x = Math.sin(x) + 1;', { eval: true }).unref();
}

async function join(setup: Setup, listener?: DataListener) {
  const { rank, worldSize, identity, peers } = setup;
  const secret = Buffer.from(setup.secret, 'hex');
  const links = await connectDataLinks({
    collective: 'star', rank, worldSize, identity, secret, peers, listener, timeoutMs: 20_000,
  });
  return createAllReduce(links, kernels, { spinMicroseconds: setup.spinMicroseconds });
}

async function follow(setup: Setup): Promise<void> {
  const memory = kernels.allocate(bytes);
  const collective = await join(setup);
  process.send?.(await answerPings(setup.identity, bytes));
  if (setup.busy) keepBusy();
  for (;;) {
    const command = await collective.nextCommand();
    if (command.name !== 'step') process.exit(0);
    for (let call = 0; call < command.tokens; call += 1) await collective.allReduce(memory, 0, bytes / 4);
  }
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? NaN;

async function timed(times: number[], run: () => Promise<void> | undefined): Promise<void> {
  for (let call = 0; call < perRound; call += 1) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) * 1000);
  }
}

async function lead(worldSize: number, busy: boolean, spinMicroseconds: number): Promise<void> {
  const identities = await Promise.all(Array.from({ length: worldSize }, () => makeIdentity()));
  const identity = identities[0] as TlsIdentity;
  const listener = await DataListener.open({ host: '127.0.0.1', port: 0, identity, side: dataSide('star', 0) });
  const secret = randomBytes(32).toString('hex');
  const peers = identities.map(({ deviceId }, rank) => ({ rank, deviceId, host: '127.0.0.1', dataPort: listener.port }));
  const setupOf = (rank: number): Setup =>
    ({ rank, worldSize, identity: identities[rank] as TlsIdentity, secret, peers, spinMicroseconds, busy });
  const children: ChildProcess[] = [];
  const ports = identities.slice(1).map(async (_, index) => {
    const child = fork(self, ['follow']);
    children.push(child);
    child.send(setupOf(index + 1));
    return Number((await once(child, 'message') as unknown[])[0]);
  });
  const collective = await join(setupOf(0), listener);
  const pinger = await Pinger.connect(identity, await Promise.all(ports), bytes);
  const memory = kernels.allocate(bytes);
  const times = { allReduce: [] as number[], one: [] as number[], all: [] as number[] };
  for (let round = -2; round < rounds; round += 1) {
    if (round === 0) for (const list of Object.values(times)) list.length = 0;
    collective.announce({ name: 'step', position: 0, tokens: perRound, flags: 0 });
    await timed(times.allReduce, () => collective.allReduce(memory, 0, bytes / 4));
    await timed(times.one, () => pinger.round(1));
    await timed(times.all, () => pinger.round(worldSize - 1));
  }
  show(worldSize, busy, spinMicroseconds, median(times.allReduce), median(times.one), median(times.all));
  collective.announce({ name: 'bye' });
  await Promise.all(children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')));
  collective.close();
}

function show(n: number, busy: boolean, spin: number, allReduce: number, one: number, all: number): void {
  const us = (value: number): string => `${value.toFixed(0)} us`;
  const load = busy ? 'busy' : 'free';
  console.log(
    `N=${n} ${load} spin ${spin} us: all-reduce ${us(allReduce)} · ping-pong with one peer ${us(one)} `
    + `(${(allReduce / one).toFixed(2)}x) · with all ${n - 1} at once ${us(all)} (${(allReduce / all).toFixed(2)}x)`,
  );
}

async function main(): Promise<void> {
  console.log(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ${bytes} bytes, star, medians`);
  for (const busy of [false, true]) {
    if (busy) keepBusy();
    for (const worldSize of [2, 4]) for (const spin of [0, 100]) await lead(worldSize, busy, spin);
  }
  process.exit(0);
}

if (process.argv[2] === 'follow') process.once('message', (setup) => void follow(setup as Setup));
else await main();
