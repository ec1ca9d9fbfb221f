import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeIdentity } from '../../engine/cluster/identity.js';
import { tlsOptions } from '../../engine/wire/tls-link.js';
import { goldenModel } from '../golden/golden-model.js';
import { allDone, laptopsHere, reportOf, start, startAll, startMaster, startWorker, type HandRun, type Laptop } from './hand-run.js';
import { hearthInModules } from './hearth-command.js';
import { endAllProcesses, type HearthProcess } from './hearth-process.js';
import { mountSmallDisk, smallDiskMissing, unmountSmallDisks } from './small-disk.js';

const model = goldenModel('llama-gqa').path;
const ask = ['--prompt', 'Once upon a time', '--length', '8', '--temperature', '0', '--threads', '1', '--json'];
let folder: string;
let laptops: Laptop[];
let flags: string[];
let occupied: Server | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-refusals-'));
  laptops = laptopsHere(folder, 3);
  flags = [...ask, '--save-dir', join(folder, 'slices')];
});
afterEach(async () => {
  await endAllProcesses();
  unmountSmallDisks();
  occupied?.close();
  occupied = null;
  rmSync(folder, { recursive: true, force: true });
});

/** It ends with `code` after one line of failure. */
async function refused(process: HearthProcess, code: number, line: RegExp): Promise<void> {
  expect((await process.ended).code, process.stderr).toBe(code);
  expect(process.failure).toMatch(line);
}

/** The run goes on as if nothing had happened. */
async function answers({ master, workers }: HandRun): Promise<void> {
  await allDone({ master, workers });
  expect(reportOf(master).tokens).toHaveLength(8);
}

function wordAfter(line: readonly string[], flag: string): string {
  return line[line.indexOf(flag) + 1] ?? '';
}

describe('ports', () => {
  test.each(['--master-port', '--file-port'])('that are in use refuse the run before anybody joins: %s', async (flag) => {
    occupied = createServer().listen(0, '127.0.0.1');
    await new Promise((ready) => occupied?.once('listening', ready));
    const port = (occupied.address() as AddressInfo).port;
    const master = start(laptops[0]!, [
      'run', '--world-size', '2', '--master-ip', '127.0.0.1', '--master-port', '0', '--file-port', '0', flag, String(port), '--model-path', model, ...flags,
    ]);
    await refused(master, 4, new RegExp(`Port ${port} is in use already`));
    expect(master.stderr).not.toContain('--join-token');
  });

  test('an address that is not this machine’s is named', async () => {
    const master = start(laptops[0]!, ['run', '--world-size', '2', '--master-ip', '192.0.2.1', '--model-path', model, ...flags]);
    await refused(master, 4, /192\.0\.2\.1/);
  });
});

describe('join tokens', () => {
  test('that are mistyped, old or of another master let nobody in, and the run goes on without them', async () => {
    const before = await startMaster(laptops[0]!, 3, { model, flags });
    const oldToken = wordAfter(before.line, '--join-token');
    before.master.kill('SIGTERM');
    expect((await before.master.ended).code).toBe(130);
    const elsewhere = await startMaster(laptops[1]!, 3, { model, flags });
    const { master, line } = await startMaster(laptops[0]!, 3, { model, flags });
    const token = wordAfter(line, '--join-token');
    const withToken = (other: string): HearthProcess =>
      startWorker(laptops[2]!, line.map((word) => (word === token ? other : word)), 1);

    await refused(withToken(token.slice(0, -1)), 2, /incomplete or mistyped/);
    await refused(withToken(token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))), 2, /incomplete or mistyped/);
    await refused(withToken(oldToken), 4, /did not let this node in.*token that it printed last/);
    await refused(withToken(wordAfter(elsewhere.line, '--join-token')), 4, /is not the master that printed this join token/);
    expect(master.stderr).toContain('A node at 127.0.0.1 was not let in: it has another join token.');
    expect(master.stderr).not.toContain('joined from');

    await answers({ master, workers: [1, 2].map((rank) => startWorker(laptops[rank]!, line, rank)) });
    expect([...master.stderr.matchAll(new RegExp(token, 'g'))]).toHaveLength(1);
  });

  test('are the only way in: strangers get no slice, no plan and no word on any port', async () => {
    const { master, line } = await startMaster(laptops[0]!, 2, { model, flags });
    const port = Number(wordAfter(line, '--master-port'));
    const ports = portsOf(master);
    expect(ports).toContain(port);
    expect(ports).toHaveLength(3);
    const stranger = await makeIdentity();
    for (const one of ports) {
      expect(await wordsFrom(one, null, Buffer.from('GET /1/manifest.json HTTP/1.1\r\n\r\n'))).toBe('');
      const hello = Buffer.from('GET /1/manifest.json HTTP/1.1\r\nhost: x\r\n\r\n');
      // The nonce that starts every link is all that a device without the token ever hears.
      expect(await wordsFrom(one, stranger, hello)).toMatch(/^(|HN.{10}\{"nonce":"[0-9a-f]{64}"\})$/s);
    }
    await answers({ master, workers: [startWorker(laptops[1]!, line, 1)] });
  });
});

/** The TCP ports on which a process listens. */
function portsOf({ pid }: HearthProcess): number[] {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  }));
  const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((row) => row.trim().split(/\s+/)).filter((row) => row[3] === '0A');
  return listening.filter((row) => sockets.has(`socket:[${row[9] ?? ''}]`)).map((row) => Number.parseInt(row[1]?.split(':')[1] ?? '', 16));
}

/** How long a stranger listens to a port that neither answers nor hangs up. */
const patienceMs = 2_000;

/** All that a port says to someone who says `hello`, over TLS with `identity` or over bare TCP. */
function wordsFrom(port: number, identity: Awaited<ReturnType<typeof makeIdentity>> | null, hello: Buffer): Promise<string> {
  return new Promise((done) => {
    let heard = '';
    const socket = identity === null
      ? connect(port, '127.0.0.1', () => socket.write(hello))
      : connectTls({ ...tlsOptions(identity), host: '127.0.0.1', port, servername: '' }, () => socket.write(hello));
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
    socket.on('error', () => undefined);
    setTimeout(() => socket.destroy(), patienceMs);
    socket.once('close', () => done(heard));
  });
}

describe('ranks', () => {
  test('that are taken or do not exist are refused, and the run goes on', async () => {
    const { master, line } = await startMaster(laptops[0]!, 3, { model, flags });
    const first = startWorker(laptops[1]!, line, 1);
    await first.says(/^Joined/m);
    await refused(startWorker(laptops[2]!, line, 1), 4, /Rank 1 has joined already/);
    await refused(startWorker(laptops[2]!, line, 3), 4, /Rank 3 does not exist: the others are 1 to 2/);
    await answers({ master, workers: [first, startWorker(laptops[2]!, line, 2)] });
  });

  test('that never come end the run for those that did', async () => {
    const run = await startMaster(laptops[0]!, 3, { model, flags: [...flags, '--join-timeout', '8'] });
    const worker = startWorker(laptops[1]!, run.line, 1);
    await refused(run.master, 4, /Rank 2 did not join within 8 s/);
    await refused(worker, 4, /The master ended the run: Rank 2 did not join/);
  });

  test('nobody comes to: the run ends after --join-timeout', async () => {
    const { master } = await startMaster(laptops[0]!, 3, { model, flags: [...flags, '--join-timeout', '1'] });
    await refused(master, 4, /Ranks 1, 2 did not join within 1 s/);
  });

  test('a master that never comes is named after --join-timeout', async () => {
    const { master, line } = await startMaster(laptops[0]!, 2, { model, flags });
    master.kill('SIGTERM');
    await master.ended;
    await refused(startWorker(laptops[1]!, line, 1, ['--join-timeout', '1']), 4, /cannot be reached/);
  });
});

/** A copy of the built command whose protocol has another version. */
function otherVersion(): string {
  const dist = resolve(process.env['HEARTH_DIST'] ?? 'dist');
  const copy = join(folder, 'other-version');
  cpSync(dist, join(copy, 'dist'), { recursive: true });
  for (const name of ['node_modules', 'native-kernels', 'package.json']) symlinkSync(join(dirname(dist), name), join(copy, name));
  const file = join(copy, 'dist', 'engine', 'wire', 'messages.js');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(/protocolVersion = \d+/, 'protocolVersion = 99');
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
  return join(copy, 'dist', relative(dist, hearthInModules));
}

test('a node of another protocol version is told so, and the run goes on without it', async () => {
  const { master, line } = await startMaster(laptops[0]!, 2, { model, flags });
  const words = line.map((word) => (word === '<rank>' ? '1' : word));
  await refused(start(laptops[1]!, words, { script: otherVersion() }), 4, /protocol version \d+, this one 99/);
  await master.says(/A node at 127\.0\.0\.1 was not let in: .*protocol version 99/);
  await answers({ master, workers: [startWorker(laptops[1]!, line, 1)] });
});

describe('a node that cannot take part ends the run for all, each with one line', () => {
  /** Node 1 ends with a line of its own, and all others name it. */
  async function endsBecauseOfNode1({ master, workers }: HandRun, code: number, line: RegExp): Promise<void> {
    await refused(workers[0]!, code, line);
    await refused(master, 4, new RegExp(`Node 1.*${line.source}`));
    await refused(workers[1]!, 4, new RegExp(`Node 1.*${line.source}`));
  }

  const onNode1 = (words: readonly string[]) => (rank: number): readonly string[] => (rank === 1 ? words : []);

  test('a memory budget that is too small', async () => {
    const run = await startAll(laptops, { model, flags, workerFlags: onNode1(['--memory-budget', '1MB']) });
    await endsBecauseOfNode1(run, 2, /needs at least .* and the budget is 1\.0 MB/);
  });

  test('a slice of another model', async () => {
    const other = join(folder, 'other');
    const local = start(laptops[0]!, [
      'run', '--world-size', '3', '--model-path', goldenModel('mistral').path, ...ask, '--save-dir', other,
    ]);
    expect((await local.ended).code).toBe(0);
    const run = await startAll(laptops, { model, flags, workerFlags: onNode1(['--slice-folder', join(other, 'node_1')]) });
    await endsBecauseOfNode1(run, 4, /slice of another model.*--force-download.*--split-bin/);
  });

  test('a slice that was cut short', async () => {
    const own = join(folder, 'own');
    const local = start(laptops[0]!, ['run', '--world-size', '3', '--model-path', model, ...ask, '--save-dir', own]);
    expect((await local.ended).code).toBe(0);
    const slice = join(own, 'node_1');
    const [name = ''] = readdirSync(slice).filter((file) => file.endsWith('.safetensors'));
    truncateSync(join(slice, name), 100);
    const run = await startAll(laptops, { model, flags, workerFlags: onNode1(['--slice-folder', slice]) });
    await endsBecauseOfNode1(run, 3, /l\d+\.(attn|ffn)/);
  });

  test.skipIf(smallDiskMissing !== null).each([
    { what: 'too small for the slice', options: 'size=64k' }, { what: 'full before the last file', options: 'nr_inodes=7' },
  ])(`a disk that is $what${smallDiskMissing === null ? '' : ` (${smallDiskMissing})`}`, async ({ options }) => {
    laptops[1] = { ...laptops[1]!, home: mountSmallDisk(join(folder, 'small'), options) };
    const run = await startAll(laptops, { model, flags });
    await endsBecauseOfNode1(run, 4, /Free some space/);
  });
});

describe('a master that cannot go on tells those who wait for it', () => {
  test.skipIf(smallDiskMissing !== null)(`a disk too small for the slices${smallDiskMissing === null ? '' : ` (${smallDiskMissing})`}`, async () => {
    const disk = mountSmallDisk(join(folder, 'small'), 'size=64k');
    const { master, workers } = await startAll(laptops, {
      model, flags: [...ask, '--save-dir', join(disk, 'slices')], workerFlags: ['--join-timeout', '5'],
    });
    await refused(master, 3, /Slicing needs .* are free/);
    for (const worker of workers) await refused(worker, 4, /The master ended the run: Slicing needs|cannot be reached/);
  });

  test('a context that does not fit its memory', async () => {
    const wide = join(folder, 'wide');
    mkdirSync(wide);
    cpSync(model, wide, { recursive: true });
    const config = JSON.parse(readFileSync(join(wide, 'config.json'), 'utf8')) as object;
    writeFileSync(join(wide, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 2_000_000_000 }));
    const { master, workers } = await startAll(laptops, { model: wide, flags: [...flags, '--context-length', '1000000000'] });
    await refused(master, 2, /needs .* of memory/);
    for (const worker of workers) await refused(worker, 4, /The master ended the run: This node's share needs/);
  });

  test('a model that cannot be used, before anybody is asked to come', async () => {
    const broken = join(folder, 'broken');
    cpSync(model, broken, { recursive: true });
    truncateSync(join(broken, 'model.safetensors'), 5000);
    const master = start(laptops[0]!, ['run', '--world-size', '2', '--master-ip', '127.0.0.1', '--model-path', broken, ...flags]);
    await refused(master, 3, /model\.safetensors/);
    expect(master.stderr).not.toContain('--join-token');
  });

  test('Ctrl-C while others wait ends them in peace', async () => {
    const { master, line } = await startMaster(laptops[0]!, 3, { model, flags });
    const worker = startWorker(laptops[1]!, line, 1);
    await worker.says(/^Joined/m);
    master.kill('SIGINT');
    await refused(master, 130, /Interrupted/);
    const { code } = await worker.ended;
    expect([code, worker.lines.some((text) => text.includes('The master ended the run'))]).toEqual([0, true]);
  });
});
