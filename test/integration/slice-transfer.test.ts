import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeIdentity, type Identity } from '../../engine/cluster/identity.js';
import type { Progress } from '../../engine/report/progress.js';
import { fetchSlice, type FetchedSlice, type FetchSliceOptions } from '../../engine/slices/slice-client.js';
import { serveSlices, type SliceServer, type SliceServerOptions } from '../../engine/slices/slice-server.js';
import { tlsOptions } from '../../engine/wire/tls-link.js';

let master: Identity;
let worker: Identity;
let stranger: Identity;
let root: string;
let source: string;
let target: string;
const servers: SliceServer[] = [];
const contents = new Map<string, Buffer>();

beforeAll(async () => {
  [master, worker, stranger] = await Promise.all([makeIdentity(), makeIdentity(), makeIdentity()]);
});

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-slices-'));
  source = join(root, 'master', 'node_1');
  target = join(root, 'worker', 'node_1');
  await mkdir(source, { recursive: true });
  contents.clear();
  for (const [index, size] of [0, 1, 70_000, 300_001, 1_500_000, 4_000_000].entries()) {
    contents.set(`l${index}.attn.safetensors`, randomBytes(size));
  }
  for (const [name, bytes] of contents) await writeFile(join(source, name), bytes);
  await writeManifest();
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(root, { recursive: true, force: true });
});

const listed = (name: string, bytes: Buffer) =>
  ({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });

async function writeManifest(files: unknown = [...contents].map(([name, bytes]) => listed(name, bytes))): Promise<void> {
  await writeFile(join(source, 'manifest.json'), JSON.stringify({ fingerprint: 'abc', files }));
}

async function serve(options: Partial<SliceServerOptions> = {}): Promise<SliceServer> {
  const server = await serveSlices({
    host: '127.0.0.1', port: 0, identity: master,
    folderOf: (deviceId, rank) => (deviceId === worker.deviceId && rank === 1 ? source : undefined), ...options,
  });
  servers.push(server);
  return server;
}

const fetchFrom = (server: SliceServer, options: Partial<FetchSliceOptions> = {}) => fetchSlice({
  host: '127.0.0.1', port: server.port, identity: worker, masterId: master.deviceId, rank: 1, folder: target, ...options,
});

async function expectWholeSlice(): Promise<void> {
  expect((await readdir(target)).sort()).toEqual([...contents.keys(), 'manifest.json'].sort());
  for (const [name, bytes] of contents) expect((await readFile(join(target, name))).equals(bytes)).toBe(true);
  expect(await readFile(join(target, 'manifest.json'), 'utf8')).toBe(await readFile(join(source, 'manifest.json'), 'utf8'));
}

const counted = (bytes: Partial<FetchedSlice>): FetchedSlice =>
  ({ keptBytes: 0, reusedBytes: 0, fetchedBytes: 0, fromPeersBytes: 0, ...bytes });

const total = (): number => [...contents.values()].reduce((sum, { length }) => sum + length, 0);

/** Bytes of the files in the page cache, or undefined where the system's `fincore` is missing. */
function cachedBytes(paths: readonly string[]): number | undefined {
  const { status, stdout } = spawnSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', ...paths], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n').reduce((sum, line) => sum + Number(line), 0) : undefined;
}

/** What a raw client with a certificate gets for a path; undefined when it is cut off. */
function rawGet(port: number, path: string, identity: Identity): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ ...tlsOptions(identity), host: '127.0.0.1', port, path, servername: '', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}

describe('A worker', () => {
  test('with an empty disk gets its slice, with progress on both sides', async () => {
    const sending: Progress[] = [];
    const receiving: Progress[] = [];
    const server = await serve({ onProgress: (rank, progress) => rank === 1 && sending.push(progress) });
    expect(await fetchFrom(server, { onProgress: (progress) => receiving.push(progress) }))
      .toEqual(counted({ fetchedBytes: total() }));
    await expectWholeSlice();
    for (const shown of [sending, receiving]) expect(shown.at(-1)).toMatchObject({ doneBytes: total(), totalBytes: total() });
  });

  test('asks for several files at a time', async () => {
    let heard = 0;
    const held: (() => void)[] = [];
    const slow = createServer({ ...tlsOptions(master), requestCert: true }, (asked, response) => {
      const bytes = contents.get(asked.url?.split('/').at(-1) ?? '');
      if (bytes === undefined) return void readFile(join(source, 'manifest.json')).then((manifest) => response.end(manifest));
      held.push(() => void response.end(bytes));
      heard += 1;
      // Nothing is given until four are asked for: who asks for one after the other waits for ever.
      if (heard >= 4) for (const give of held.splice(0)) give();
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port } = slow.address() as AddressInfo;
    servers.push({ port, close: () => void slow.close() });
    expect(await fetchFrom({ port, close: () => undefined })).toEqual(counted({ fetchedBytes: total() }));
    await expectWholeSlice();
  });

  test('keeps its slice for the next run', async () => {
    const server = await serve();
    await fetchFrom(server);
    expect(await fetchFrom(server)).toEqual(counted({ keptBytes: total() }));
    await expectWholeSlice();
  });

  test('refetches all of it when told to', async () => {
    const server = await serve();
    await fetchFrom(server);
    expect(await fetchFrom(server, { forceDownload: true })).toEqual(counted({ fetchedBytes: total() }));
    await expectWholeSlice();
  });

  test('finds a damaged kept file and fetches only that one', async () => {
    const server = await serve();
    await fetchFrom(server);
    const damaged = Buffer.from(contents.get('l3.attn.safetensors') as Buffer);
    damaged.writeUInt8(damaged.readUInt8(1000) ^ 1, 1000);
    await writeFile(join(target, 'l3.attn.safetensors'), damaged);
    expect((await fetchFrom(server)).fetchedBytes).toBe(300_001);
    await expectWholeSlice();
  });

  test('takes a changed slice anew and drops blocks that it no longer has', async () => {
    const server = await serve();
    await fetchFrom(server);
    contents.delete('l0.attn.safetensors');
    contents.set('l2.attn.safetensors', randomBytes(5000));
    await writeFile(join(source, 'l2.attn.safetensors'), contents.get('l2.attn.safetensors') as Buffer);
    await writeManifest();
    expect((await fetchFrom(server)).fetchedBytes).toBe(5000);
    await expectWholeSlice();
  });

  test('goes on where an earlier fetch ended', async () => {
    const whole = contents.get('l5.attn.safetensors') as Buffer;
    await mkdir(target, { recursive: true });
    await writeFile(join(target, 'l5.attn.safetensors.partial'), whole.subarray(0, 3_999_000));
    const firsts: number[] = [];
    const server = await serve();
    await fetchFrom(server, { onProgress: ({ doneBytes }) => firsts.push(doneBytes) });
    await expectWholeSlice();
    // With the partial file's bytes counted as done, nothing less was ever shown after the first whole file.
    expect(Math.max(...firsts)).toBe(total());
  });

  test('throws away a partial file that is not the beginning of the right one', async () => {
    await mkdir(target, { recursive: true });
    await writeFile(join(target, 'l4.attn.safetensors.partial'), randomBytes(1000));
    await writeFile(join(target, 'l1.attn.safetensors.partial'), randomBytes(1000));
    await fetchFrom(await serve());
    await expectWholeSlice();
  });

  test('outlives a master that goes away in the middle and comes back', async () => {
    let asked = 0;
    let cut = false;
    const server = await serve({
      folderOf: () => {
        asked += 1;
        // The manifest and six files: the last is the largest.
        if (asked === 7) {
          setImmediate(() => {
            cut = true;
            server.close();
            setTimeout(() => void serve({ port: server.port }), 100);
          });
        }
        return source;
      },
    });
    await fetchFrom(server);
    expect(cut).toBe(true);
    await expectWholeSlice();
  });

  test('leaves nothing that looks whole when it is stopped, and resumes', async () => {
    const abort = new AbortController();
    let asked = 0;
    const server = await serve({
      folderOf: () => {
        asked += 1;
        if (asked === 5) setImmediate(() => abort.abort());
        return source;
      },
    });
    const stopped = fetchFrom(server, { signal: abort.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(await readdir(target)).not.toContain('manifest.json');
    await fetchFrom(server);
    await expectWholeSlice();
  });

  test('says when the slice does not fit on the disk, with the numbers, before it fetches anything', async () => {
    await writeManifest([{ name: 'l0.ffn.safetensors', bytes: 2 ** 52, sha256: 'a'.repeat(64) }]);
    await expect(fetchFrom(await serve())).rejects.toMatchObject({
      code: 'DISK_FULL', exitCode: 4, message: expect.stringMatching(/needs 4503.6 TB .* has [\d.]+ [kMGT]?B/) as string,
    });
    expect(await readdir(target)).toEqual([]);
  });

  test('refuses blocks whose checksum is wrong at the source', async () => {
    await appendFile(join(source, 'l2.attn.safetensors'), 'x');
    await expect(fetchFrom(await serve())).rejects.toMatchObject({ code: 'SLICE_DAMAGED' });
    await writeFile(join(source, 'l2.attn.safetensors'), randomBytes(70_000));
    await expect(fetchFrom(await serve())).rejects.toMatchObject({ code: 'SLICE_DAMAGED' });
    expect(await readdir(target)).not.toContain('l2.attn.safetensors');
    expect(await readdir(target)).not.toContain('manifest.json');
  });

  test.each([
    '../outside.safetensors', '/etc/x.safetensors', 'a/b.safetensors', 'a\\b.safetensors', '.hidden.safetensors',
    'manifest.json', 'con.safetensors', 'x.safetensors\u0000', 'identity.json', '',
  ])('writes nothing when a master gone bad lists %j, and an honest one does not serve such a listing', async (name) => {
    const files = [{ name, bytes: 1, sha256: 'a'.repeat(64) }];
    const bad = createServer({ ...tlsOptions(master), requestCert: true }, (_, response) => response.end(JSON.stringify({ files })));
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    const { port } = bad.address() as AddressInfo;
    servers.push({ port, close: () => void bad.close() });
    await expect(fetchFrom({ port, close: () => undefined })).rejects.toMatchObject({ code: 'SLICE_LISTING' });
    await writeManifest(files);
    await expect(fetchFrom(await serve())).rejects.toMatchObject({ code: 'SLICE_REFUSED' });
    expect(await readdir(root)).toEqual(['master']);
  });

  test('takes nothing from a device that is not its master', async () => {
    await expect(fetchFrom(await serve({ identity: stranger }))).rejects.toMatchObject({ code: 'PEER_IDENTITY' });
    expect(await readdir(root)).toEqual(['master']);
  });

  test('says where nobody answers', async () => {
    const server = await serve();
    server.close();
    await expect(fetchFrom(server)).rejects.toMatchObject({
      code: 'SLICE_UNREACHABLE', message: expect.stringContaining(`127.0.0.1:${server.port}`) as string,
    });
  });
});

describe('A worker with other slices on its disk, and peers that have some', () => {
  let other: string;
  const names = ['l3.attn.safetensors', 'l4.attn.safetensors'];
  const bytesOf = (some: readonly string[]): number => some.reduce((sum, name) => sum + (contents.get(name)?.length ?? 0), 0);

  /** A slice of another partition, which has some of the same files under other names. */
  async function makeOther(folder: string, from: readonly string[]): Promise<void> {
    await mkdir(folder, { recursive: true });
    const files = from.map((name) => listed(name.replace('attn', 'ffn'), contents.get(name) as Buffer));
    for (const [index, file] of files.entries()) await writeFile(join(folder, file.name), contents.get(from[index] ?? '') as Buffer);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ files }));
  }

  beforeEach(() => {
    other = join(root, 'worker', 'other', 'node_2');
  });

  test('fetches only what none of them has, and stores what they have once', async () => {
    await makeOther(other, names);
    const server = await serve();
    expect(await fetchFrom(server, { otherFolders: () => Promise.resolve([other, target]) }))
      .toEqual(counted({ reusedBytes: bytesOf(names), fetchedBytes: total() - bytesOf(names) }));
    await expectWholeSlice();
    for (const name of names) {
      expect((await stat(join(target, name))).ino).toBe((await stat(join(other, name.replace('attn', 'ffn')))).ino);
    }
  });

  test('keeps its slice when the other is thrown away, and when it is damaged', async () => {
    await makeOther(other, names);
    const server = await serve();
    const otherFolders = () => Promise.resolve([other]);
    await fetchFrom(server, { otherFolders });
    await rm(other, { recursive: true });
    expect((await fetchFrom(server, { otherFolders })).keptBytes).toBe(total());
    await makeOther(other, names);
    await writeFile(join(other, 'l4.ffn.safetensors'), randomBytes(contents.get('l4.attn.safetensors')?.length ?? 0));
    await rm(target, { recursive: true });
    expect(await fetchFrom(server, { otherFolders }))
      .toEqual(counted({ reusedBytes: bytesOf(['l3.attn.safetensors']), fetchedBytes: total() - bytesOf(['l3.attn.safetensors']) }));
    await expectWholeSlice();
  });

  test('takes nothing from a slice that is not whole, or when told to fetch all', async () => {
    await makeOther(other, names);
    const server = await serve();
    const otherFolders = () => Promise.resolve([other]);
    expect((await fetchFrom(server, { otherFolders, forceDownload: true })).fetchedBytes).toBe(total());
    await rm(target, { recursive: true });
    await rm(join(other, 'manifest.json'));
    expect((await fetchFrom(server, { otherFolders })).fetchedBytes).toBe(total());
  });

  test('asks peers before the master, and the master for what they do not give', async () => {
    const asked: string[] = [];
    const server = await serve({ folderOf: () => source, onProgress: () => undefined });
    const peers = [];
    for (const [index, name] of names.entries()) {
      const folder = join(root, `peer-${index}`, 'node_1');
      await makeOther(folder, [name]);
      const { port } = await serve({
        identity: stranger, folderOf: () => undefined,
        blocks: { folders: () => Promise.resolve([folder]), trusts: (deviceId) => { asked.push(deviceId); return deviceId === worker.deviceId; } },
      });
      peers.push({ host: '127.0.0.1', port, deviceId: stranger.deviceId });
    }
    expect(await fetchFrom(server, { peers })).toEqual(counted({ fetchedBytes: total(), fromPeersBytes: bytesOf(names) }));
    await expectWholeSlice();
    expect(new Set(asked)).toEqual(new Set([worker.deviceId]));
  });

  test.each([
    ['gone', () => Promise.resolve({ port: 1, deviceId: stranger.deviceId })],
    ['another device than it should be', async () => ({ port: (await serve()).port, deviceId: stranger.deviceId })],
    ['not sure of this node', async () => {
      const { port } = await serve({ identity: stranger, blocks: { folders: () => Promise.resolve([source]), trusts: () => false } });
      return { port, deviceId: stranger.deviceId };
    }],
    ['wrong about what it has', async () => {
      await makeOther(other, names);
      for (const name of names) await writeFile(join(other, name.replace('attn', 'ffn')), randomBytes(contents.get(name)?.length ?? 0));
      const { port } = await serve({ identity: stranger, blocks: { folders: () => Promise.resolve([other]), trusts: () => true } });
      return { port, deviceId: stranger.deviceId };
    }],
  ])('gets everything from the master when a peer is %s', async (_, peer) => {
    const peers = [{ host: '127.0.0.1', ...(await peer()) }];
    expect(await fetchFrom(await serve(), { peers })).toEqual(counted({ fetchedBytes: total() }));
    await expectWholeSlice();
  });
});

describe('The slice server', () => {
  test('gives a member only its own rank', async () => {
    const server = await serve();
    expect(await rawGet(server.port, '/1/manifest.json', worker)).toBe(200);
    expect(await rawGet(server.port, '/0/manifest.json', worker)).toBeUndefined();
    expect(await rawGet(server.port, '/1/manifest.json', stranger)).toBeUndefined();
    await expect(fetchFrom(server, { identity: stranger })).rejects.toMatchObject({ code: 'SLICE_UNREACHABLE' });
  });

  test('gives nothing that the manifest does not list', async () => {
    await writeFile(join(source, 'secret.safetensors'), 'secret');
    await writeFile(join(root, 'secret.txt'), 'secret');
    await symlink(join(root, 'secret.txt'), join(source, 'link.safetensors'));
    await writeManifest([...[...contents].map(([name, bytes]) => listed(name, bytes)), listed('link.safetensors', Buffer.from('secret'))]);
    const server = await serve();
    expect(await rawGet(server.port, '/1/secret.safetensors', worker)).toBe(404);
    // Listed, but it leads out of the folder.
    expect(await rawGet(server.port, '/1/link.safetensors', worker)).not.toBe(200);
    for (const path of ['/1/../secret.txt', '/1/..%2fsecret.txt', '/1/%2e%2e/secret.txt', '/1//etc/passwd', '/1/', '/', '/999/manifest.json']) {
      expect(await rawGet(server.port, path, worker)).toBeUndefined();
    }
  });

  test('leaves nothing of what it sends in the page cache', async ({ skip }) => {
    const paths = [...contents.keys()].map((name) => join(source, name));
    if (cachedBytes(paths) === undefined) skip('no fincore here to look into the page cache');
    expect(spawnSync('sync', paths).status).toBe(0);
    expect(cachedBytes(paths)).toBeGreaterThanOrEqual(total());
    await fetchFrom(await serve());
    await vi.waitFor(() => expect(cachedBytes(paths)).toBe(0));
  });

  test('names a port that is taken', async () => {
    const { port } = await serve();
    await expect(serve({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});
