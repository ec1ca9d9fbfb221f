/**
 * `npm run bench:all-reduce`: what a star all-reduce of 16 KiB costs beside a bare TLS ping-pong of 16 KiB between Node
 * processes of this machine. Method: N processes over loopback, mutual TLS 1.3, native memory as in a real run. Short
 * rounds of all-reduces and of bare ping-pongs (rank 0 with one peer, and with all peers at once) alternate; each call is
 * timed on rank 0, and medians are printed. `all at once` is the least that N nodes can need, since rank 0 has to take and
 * give N - 1 times 16 KiB; a ping-pong with one peer leaves the other processes asleep.
 * Once with the machine left alone, once with a thread in every process that computes without pause.
 * Options: --world-size <list>, --spin <list of microseconds>, --rounds <n>, --json.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeIdentity } from '../../engine/cluster/identity.js';
import { dataSide } from '../../engine/collective/data-links.js';
import { DataListener } from '../../engine/collective/data-listener.js';
import { describeMachine } from '../../engine/report/machine.js';
import type { TlsIdentity } from '../../engine/wire/device-id.js';
import { kernels } from '../../native-kernels/index.js';
import { joinStar, keepBusy, type StarSeat } from './all-reduce-node.js';
import { Pinger } from './bare-ping-pong.js';
import { median } from '../../main/bench/median.js';

const { values: flags } = parseArgs({
  options: {
    'world-size': { type: 'string', default: '2,4' }, spin: { type: 'string', default: '0,100' },
    rounds: { type: 'string', default: '60' }, json: { type: 'boolean', default: false },
  },
});

const bytes = 16_384;
const perRound = 100;
/** Rounds that only warm up. */
const warmUp = 10;

interface AllReduceRow {
  world_size: number;
  /** Whether every process had a thread that computes without pause. */
  busy: boolean;
  spin_us: number;
  /** Medians, in microseconds. */
  all_reduce_us: number;
  ping_pong_us: number;
  ping_pong_all_us: number;
  /** All-reduce over ping-pong with one peer, and with all at once. */
  ratio: number;
  ratio_all: number;
}

const step = { name: 'step', position: 0, tokens: perRound, context: 0 } as const;

type Timed = 'allReduce' | 'one' | 'all';

async function measure(worldSize: number, busy: boolean, spinMicroseconds: number): Promise<AllReduceRow> {
  const identities = await Promise.all(Array.from({ length: worldSize }, () => makeIdentity()));
  const identity = identities[0] as TlsIdentity;
  const listener = await DataListener.open({ host: '127.0.0.1', port: 0, identity, side: dataSide('star', 0) });
  const secret = randomBytes(32).toString('hex');
  const peers = identities.map(({ deviceId }, rank) => ({ rank, deviceId, host: '127.0.0.1', dataPort: listener.port }));
  const seatOf = (rank: number): StarSeat =>
    ({ rank, worldSize, identity: identities[rank] as TlsIdentity, secret, peers, spinMicroseconds, busy, bytes });
  const children: ChildProcess[] = [];
  const ports = identities.slice(1).map(async (_, index) => {
    const child = fork(fileURLToPath(new URL('./all-reduce-node.js', import.meta.url)));
    children.push(child);
    child.send(seatOf(index + 1));
    return Number((await once(child, 'message') as unknown[])[0]);
  });
  const collective = await joinStar(seatOf(0), listener);
  const pinger = await Pinger.connect(identity, await Promise.all(ports), bytes);
  const memory = kernels.allocate(bytes);
  const times: Record<Timed, number[]> = { allReduce: [], one: [], all: [] };
  for (let round = -warmUp; round < Number(flags.rounds); round += 1) {
    if (round === 0) for (const list of Object.values(times)) list.length = 0;
    collective.announce(step);
    await timeCalls(times.allReduce, () => collective.allReduce(memory, 0, bytes / 4));
    await timeCalls(times.one, () => pinger.round(1));
    if (worldSize > 2) await timeCalls(times.all, () => pinger.round(worldSize - 1));
  }
  collective.announce({ name: 'bye' });
  await Promise.all(children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')));
  pinger.close();
  collective.close();
  kernels.free(memory);
  return rowOf(worldSize, busy, spinMicroseconds, times);
}

async function timeCalls(times: number[], run: () => Promise<void> | undefined): Promise<void> {
  for (let call = 0; call < perRound; call += 1) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) * 1000);
  }
}

function rowOf(worldSize: number, busy: boolean, spin: number, times: Record<Timed, number[]>): AllReduceRow {
  const [allReduce, one] = [median(times.allReduce), median(times.one)];
  const all = worldSize === 2 ? one : median(times.all);
  return {
    world_size: worldSize, busy, spin_us: spin, all_reduce_us: allReduce, ping_pong_us: one, ping_pong_all_us: all,
    ratio: allReduce / one, ratio_all: allReduce / all,
  };
}

function show(row: AllReduceRow): void {
  const us = (value: number): string => `${value.toFixed(0)} us`;
  const all = row.world_size === 2 ? ''
    : `, with all ${row.world_size - 1} at once ${us(row.ping_pong_all_us)} (${row.ratio_all.toFixed(2)}x)`;
  say(`N=${row.world_size}, ${row.busy ? 'busy' : 'free'}, spin ${row.spin_us} us: all-reduce ${us(row.all_reduce_us)}; ` +
    `ping-pong with one peer ${us(row.ping_pong_us)} (${row.ratio.toFixed(2)}x)${all}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const machine = describeMachine();
const rows: AllReduceRow[] = [];
const numbers = (list: string): number[] => list.split(',').map(Number);
say(`${machine.cpu}, ${machine.physical_cores} cores, Node ${process.version}; star over ${bytes} bytes, medians`);
for (const busy of [false, true]) {
  if (busy) keepBusy();
  for (const worldSize of numbers(flags['world-size'])) {
    for (const spin of numbers(flags.spin)) {
      const row = await measure(worldSize, busy, spin);
      rows.push(row);
      show(row);
    }
  }
}
if (flags.json) say(JSON.stringify({ machine, bytes, rows }));
process.exit(0);
