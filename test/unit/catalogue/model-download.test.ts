import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findModel, listModels } from '../../../engine/catalogue/model-cache.js';
import { pullModel, type PullOptions } from '../../../engine/catalogue/model-download.js';
import type { CachedModel } from '../../../engine/catalogue/cached-model.js';
import { InterruptedError, type HearthError } from '../../../engine/errors.js';
import type { Progress } from '../../../engine/report/progress.js';
import {
  answerStatus,
  contentOf,
  dropAfter,
  endWithoutLength,
  FakeHub,
  type Fault,
  ignoreRange,
  lieAboutLength,
  sendOtherPart,
  sendWrongBytes,
  stallAfter,
} from '../../fake-hub/fake-hub.js';

const weights = 'model.safetensors';
const size = 300_000;
const config = Buffer.from('{"torch_dtype":"float32"}');
const pacing = { stallMs: 300, firstPauseMs: 1, longestPauseMs: 4 };
let hub: FakeHub;
let home: string;
let content: Buffer;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hearth-pull-'));
  hub = await new FakeHub().start();
  content = contentOf(size);
  hub.files.set('config.json', config).set(weights, content).set('README.md', Buffer.from('read me'));
});

afterEach(async () => {
  await hub.stop();
  await rm(home, { recursive: true, force: true });
});

/** The config comes first and well; faults meet the weights. */
function pull(
  options: PullOptions = {},
  reference = hub.repo,
  extraEnv: Record<string, string> = {},
): Promise<CachedModel> {
  const env = { HEARTH_HOME: home, HF_ENDPOINT: hub.endpoint, ...extraEnv };
  return pullModel(reference, { env, pacing, ...options });
}

const whole = ignoreRange;

async function failure(pulling: Promise<unknown>): Promise<HearthError> {
  return pulling.then(
    () => expect.unreachable('the pull should have failed'),
    (error: unknown) => error as HearthError,
  );
}

async function expectWhole(model: CachedModel): Promise<void> {
  expect(model).toMatchObject({ name: hub.repo, complete: true, format: 'safetensors', dtype: 'float32' });
  expect((await readFile(join(model.path, weights))).equals(content)).toBe(true);
  expect((await readFile(join(model.path, 'config.json'))).equals(config)).toBe(true);
  expect((await readdir(model.path)).sort()).toEqual(['config.json', 'hearth-model.json', weights]);
}

const partialFolder = (): string => join(home, 'models', 'owner--tiny-model');

test('a model is brought whole, under its own names, without files that it does not need', async () => {
  const seen: Progress[] = [];
  await expectWhole(await pull({ onProgress: (progress) => seen.push({ ...progress }) }));
  expect(seen.at(-1)).toMatchObject({ doneBytes: size + config.length, totalBytes: size + config.length });
  expect(await findModel('tiny-model', join(home, 'models'))).toBe(partialFolder());
});

test.each(['names', 'tree', 'probe'] as const)('a server that lists by %s alone is understood', async (listing) => {
  hub.listing = listing;
  const model = await pull();
  await expectWhole(model);
  expect(model.record?.files.find((file) => file.path === weights)?.sha256).toBe(
    createHash('sha256').update(content).digest('hex'),
  );
});

test('a dropped connection goes on at the byte where it broke', async () => {
  hub.faults.push(whole, dropAfter(100_000));
  await expectWhole(await pull());
  const [first, second] = hub.fetches(weights);
  expect(first?.range).toBeUndefined();
  expect(Number(/bytes=(\d+)-/.exec(second?.range ?? '')?.[1])).toBeGreaterThan(0);
});

test('more drops than attempts are survived as long as each connection brings something new', async () => {
  // Much more on each connection than the 64 kB that may be lost in its buffers when it breaks.
  content = contentOf(3_000_000);
  hub.files.set(weights, content);
  hub.faults.push(whole, ...Array.from({ length: 9 }, () => dropAfter(250_000)));
  await expectWhole(await pull({ pacing: { ...pacing, attempts: 3 } }));
});

test('a pull that gave up is continued by the next one', async () => {
  hub.faults.push(whole, dropAfter(150_000), answerStatus(500), answerStatus(502));
  const error = await failure(pull({ pacing: { ...pacing, attempts: 3 } }));
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', exitCode: 3 });
  expect(error.message).toMatch(/502.*pull again to go on/);
  expect((await listModels(join(home, 'models')))[0]).toMatchObject({ complete: false });
  const partial = (await readdir(partialFolder())).find((name) => name.endsWith('.partial')) ?? '';
  const { size: arrived } = await stat(join(partialFolder(), partial));
  expect(arrived).toBeGreaterThan(0);
  hub.seen.length = 0;
  await expectWhole(await pull());
  expect(hub.fetches('config.json')).toHaveLength(0);
  expect(hub.fetches(weights).map((request) => request.range)).toEqual([`bytes=${arrived}-`]);
});

test('a server that ignores the range is taken from the start, and the file is still right', async () => {
  hub.faults.push(whole, dropAfter(100_000), ignoreRange);
  await expectWhole(await pull());
});

test.each([
  ['416', answerStatus(416)],
  ['another part than asked for', sendOtherPart],
])('%s on resume starts the file afresh', async (_what, fault) => {
  hub.faults.push(whole, dropAfter(100_000), fault);
  await expectWhole(await pull());
  expect(hub.fetches(weights).at(-1)?.range).toBeUndefined();
});

test.each([
  ['announces more bytes than it listed', lieAboutLength(1)],
  ['announces fewer bytes than it listed', lieAboutLength(-1)],
  ['sends more bytes than it listed', endWithoutLength(7)],
  ['ends too early as if all were well', endWithoutLength(-7)],
  ['sends wrong bytes', sendWrongBytes],
  ['goes silent', stallAfter(1000)],
  ['is busy', answerStatus(429, { 'retry-after': '0' })],
])('a server that %s once is asked again', async (_what, fault) => {
  hub.faults.push(whole, fault);
  await expectWhole(await pull());
  expect(hub.fetches(weights).length).toBeGreaterThanOrEqual(2);
});

test.each([
  ['announces more bytes than it listed', lieAboutLength(1), /announces 300001 bytes where 300000 are missing/],
  ['announces fewer bytes than it listed', lieAboutLength(-1), /announces 299999 bytes/],
  ['sends more bytes than it listed', endWithoutLength(7), /more bytes than it listed/],
  ['sends wrong bytes', sendWrongBytes, /wrong checksum 2 times and was deleted/],
  ['goes silent', stallAfter(0), /went silent/],
  ['is busy', answerStatus(429), /429/],
])('a server that always %s is refused with one line, and no model results', async (_what, fault, line) => {
  hub.faults.push(whole, ...Array.from({ length: 4 }, () => fault));
  const error = await failure(pull({ pacing: { ...pacing, attempts: 3 } }));
  expect(error.message).toMatch(line);
  expect(error.message).not.toContain('\n');
  expect(error.exitCode).toBe(3);
  await expect(stat(join(partialFolder(), weights))).rejects.toThrow();
  expect((await listModels(join(home, 'models')))[0]?.complete).toBe(false);
});

test('bytes that went wrong on the disk in between show in the checksum and are fetched again', async () => {
  hub.faults.push(whole, dropAfter(150_000), answerStatus(403));
  await failure(pull());
  const partial = (await readdir(partialFolder())).find((name) => name.endsWith('.partial')) ?? '';
  const begun = await readFile(join(partialFolder(), partial));
  begun[5] = (begun[5] ?? 0) ^ 0xff;
  await writeFile(join(partialFolder(), partial), begun);
  await expectWhole(await pull());
  expect(hub.fetches(weights).at(-1)?.range).toBeUndefined();
});

test("a sign-in page in the file's place does not cost what has arrived", async () => {
  const page: Fault = (_request, response) => void response.writeHead(200, { 'content-length': 9 }).end('<sign in>');
  hub.faults.push(whole, dropAfter(150_000), page, page);
  await expectWhole(await pull());
  const ranges = hub.fetches(weights).map((request) => request.range);
  expect(ranges).toHaveLength(4);
  expect(new Set(ranges.slice(1)).size).toBe(1);
});

test('a partial file longer than the file is thrown away', async () => {
  hub.faults.push(whole, dropAfter(150_000), answerStatus(403));
  await failure(pull());
  const partial = (await readdir(partialFolder())).find((name) => name.endsWith('.partial')) ?? '';
  await writeFile(join(partialFolder(), partial), contentOf(size + 10, 7));
  await expectWhole(await pull());
});

test('a whole partial file is compared and taken without asking for a byte', async () => {
  hub.faults.push(whole, dropAfter(150_000), answerStatus(403));
  await failure(pull());
  const partial = (await readdir(partialFolder())).find((name) => name.endsWith('.partial')) ?? '';
  await writeFile(join(partialFolder(), partial), content);
  hub.seen.length = 0;
  await expectWhole(await pull());
  expect(hub.fetches(weights)).toHaveLength(0);
});

test('a damaged model is found out by the next pull and mended', async () => {
  const model = await pull();
  const damaged = Buffer.from(content);
  damaged[1234] = (damaged[1234] ?? 0) ^ 1;
  await writeFile(join(model.path, weights), damaged);
  await expect(findModel(hub.repo, join(home, 'models'))).rejects.toMatchObject({ code: 'MODEL_DAMAGED', exitCode: 3 });
  hub.seen.length = 0;
  await expectWhole(await pull());
  expect(hub.fetches('config.json')).toHaveLength(0);
  expect(hub.fetches(weights)).toHaveLength(1);
});

test('a damaged small file, listed by its git hash alone, is mended too', async () => {
  const model = await pull();
  await writeFile(join(model.path, 'config.json'), Buffer.from(config.toString().replace('32', '16')));
  await expectWhole(await pull());
});

test('a new revision replaces what changed, never continues an old beginning, and drops old weights', async () => {
  hub.faults.push(whole, dropAfter(150_000), answerStatus(403));
  await failure(pull());
  content = contentOf(size, 99);
  hub.files.set(weights, content);
  hub.commit = 'f00d'.padEnd(40, '0');
  hub.seen.length = 0;
  await expectWhole(await pull());
  expect(hub.fetches(weights).map((request) => request.range)).toEqual([undefined]);
});

test('a file that changed on the server since it was listed is refused before it is taken', async () => {
  const other = contentOf(size, 3);
  hub.faults.push((_request, response) => {
    hub.files.set(weights, other);
    response.writeHead(200, { 'content-length': config.length }).end(config);
  });
  expect(await failure(pull())).toMatchObject({ code: 'FILE_CHANGED' });
});

test('the token goes to the endpoint and to nobody that it redirects to', async () => {
  const cdn = await new FakeHub().start();
  try {
    for (const [path, bytes] of hub.files) cdn.files.set(path, bytes);
    hub.redirectTo = (path) => `${cdn.endpoint}/bytes/${path}`;
    cdn.faults.push(whole, dropAfter(100_000));
    await expectWhole(await pull({}, hub.repo, { HF_TOKEN: 'hf_secret' }));
    expect(hub.seen.every((request) => request.authorization === 'Bearer hf_secret')).toBe(true);
    expect(cdn.seen.length).toBeGreaterThanOrEqual(3);
    expect(cdn.seen.every((request) => request.authorization === undefined)).toBe(true);
  } finally {
    await cdn.stop();
  }
});

test.each(['http://example.com/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x'])(
  'a redirect to %s is refused',
  async (target) => {
    hub.redirectTo = () => target;
    expect(await failure(pull())).toMatchObject({ code: 'REDIRECT_REFUSED', exitCode: 3 });
  },
);

test('redirects in circles end', async () => {
  hub.redirectTo = (path) => `${hub.endpoint}/${hub.repo}/resolve/main/${path}`;
  expect(await failure(pull())).toMatchObject({ code: 'REDIRECT_LOOP' });
});

test.each([
  [401, 'ACCESS_DENIED', /set HF_TOKEN/],
  [403, 'ACCESS_DENIED', /Accept its terms/],
  [404, 'NOT_FOUND', /Check the name/],
  [429, 'HUB_UNREACHABLE', /fewer requests/],
])('an answer of %i is one line that says what to do, without the token', async (status, code, line) => {
  hub.refuseListing = (response) => void response.writeHead(status).end();
  const error = await failure(pull());
  expect(error).toMatchObject({ code, exitCode: 3 });
  expect(error.message).toMatch(line);
  expect(error.message).not.toContain('\n');
  const withToken = await failure(pull({}, hub.repo, { HF_TOKEN: 'hf_secret' }));
  expect(`${withToken.message} ${withToken.stack}`).not.toContain('hf_secret');
  expect(await readdir(home)).toEqual([]);
});

test.each([
  ['no JSON', (text: (body: string) => void) => text('<html>')],
  ['JSON of another shape', (text: (body: string) => void) => text('{"siblings":[{"rfilename":"x","size":-1}]}')],
])('a listing that is %s is refused', async (_what, answer) => {
  hub.refuseListing = (response) => answer((body) => void response.writeHead(200).end(body));
  expect(await failure(pull())).toMatchObject({ code: 'LISTING_MALFORMED' });
});

test('a listing with a path that leaves its folder is refused and nothing is written', async () => {
  hub.files.set('../../evil.json', config);
  expect(await failure(pull())).toMatchObject({ code: 'UNSAFE_FILE_NAME' });
  expect(await readdir(home)).toEqual([]);
});

test('a disk without room is refused before a byte is fetched, and nothing is left', async () => {
  const error = await failure(pull({ freeBytes: () => Promise.resolve(1000) }));
  expect(error).toMatchObject({ code: 'DISK_FULL', exitCode: 3 });
  expect(error.message).toMatch(/needs 300\.0 kB more, and 1\.0 kB are free/);
  expect(hub.fetches(weights)).toHaveLength(0);
  expect(await readdir(join(home, 'models'))).toEqual([]);
});

test('a model denied before its first byte leaves no trace', async () => {
  hub.faults.push(answerStatus(403));
  expect(await failure(pull())).toMatchObject({ code: 'ACCESS_DENIED' });
  expect(await readdir(join(home, 'models'))).toEqual([]);
});

test('stopping keeps what has come, says so, and the next pull goes on from there', async () => {
  const controller = new AbortController();
  hub.faults.push(whole, stallAfter(200_000));
  const pulling = failure(pull({ signal: controller.signal, pacing: { ...pacing, stallMs: 30_000 } }));
  await vi.waitFor(async () => {
    const partial = (await readdir(partialFolder())).find((name) => /^model.*partial$/.test(name)) ?? 'none yet';
    expect((await stat(join(partialFolder(), partial))).size).toBeGreaterThan(0);
  });
  controller.abort();
  const error = await pulling;
  expect(error).toBeInstanceOf(InterruptedError);
  expect(error.message).toContain('`hearth models pull owner/tiny-model` goes on');
  expect(await readdir(partialFolder())).not.toContain('hearth-pull.lock');
  hub.seen.length = 0;
  await expectWhole(await pull());
  expect(hub.fetches(weights)[0]?.range).toMatch(/^bytes=[1-9]/);
});

test('a second pull of the same model is refused while the first one runs', async () => {
  const controller = new AbortController();
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  hub.faults.push((request, response, bytes) => {
    begun();
    stallAfter(1)(request, response, bytes);
  });
  const first = failure(pull({ signal: controller.signal, pacing: { ...pacing, stallMs: 30_000 } }));
  await hasBegun;
  expect(await failure(pull())).toMatchObject({ code: 'PULL_IN_PROGRESS', exitCode: 2 });
  controller.abort();
  await first;
  await expectWhole(await pull());
});

test('one GGUF of several is chosen by its quantisation and lives beside the others', async () => {
  for (const quant of ['Q4_0', 'Q8_0']) hub.files.set(`tiny-${quant}.gguf`, contentOf(5000, quant.length));
  const model = await pull({}, `${hub.repo}:q8_0`);
  expect(model).toMatchObject({ name: 'owner/tiny-model:tiny-Q8_0.gguf', format: 'gguf', dtype: 'Q8_0' });
  await pull();
  expect(await findModel('tiny-model:Q8_0', join(home, 'models'))).toBe(model.path);
  expect((await listModels(join(home, 'models'))).map((each) => each.name)).toEqual([hub.repo, model.name]);
});
