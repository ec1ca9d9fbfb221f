import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, truncateSync, writeSync, closeSync, fsyncSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kernels, type File, type Loader, type Memory } from '../../../native-kernels/index.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const SIZE = 9_000_001; // Ends in the middle of a page, and is more than two of the loader's pieces.
const contents = new Uint8Array(SIZE).map((_, i) => (i * 2654435761) >>> 24);

/** Beside the sources there is a disk; the system's folder for temporary files may be in memory. */
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache', 'files-test-'));
const inMemory = mkdtempSync(join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'hearth-files-'));

const open: { files: File[]; loaders: Loader[]; memories: Memory[] } = { files: [], loaders: [], memories: [] };

function writeFile(path: string): string {
  const fd = openSync(path, 'w');
  writeSync(fd, contents);
  fsyncSync(fd); // What is not on the disk yet cannot leave the page cache.
  closeSync(fd);
  return path;
}

function openFile(path: string, direct = true): File {
  const file = kernels.openFile(path, direct);
  open.files.push(file);
  return file;
}

function allocate(bytes: number): Memory {
  const memory = kernels.allocate(bytes);
  open.memories.push(memory);
  return memory;
}

function createLoader(): Loader {
  const loader = kernels.createLoader();
  open.loaders.push(loader);
  return loader;
}

function bytesAt(memory: Memory, offset: number, bytes: number): Uint8Array {
  const back = new Uint8Array(bytes);
  kernels.read(memory, offset, back);
  return back;
}

/** Not `toEqual`, which looks at megabytes one by one. */
function holds(memory: Memory, offset: number, wanted: Uint8Array): boolean {
  return Buffer.compare(bytesAt(memory, offset, wanted.length), wanted) === 0;
}

const onDisk = join(folder, 'weights');
const inTmpfs = join(inMemory, 'weights');

beforeAll(() => {
  writeFile(onDisk);
  writeFile(inTmpfs);
});

afterEach(() => {
  open.loaders.splice(0).forEach((loader) => kernels.closeLoader(loader));
  open.files.splice(0).forEach((file) => kernels.closeFile(file));
  open.memories.splice(0).forEach((memory) => kernels.free(memory));
  expect(kernels.memoryStats()).toMatchObject({ allocatedBytes: 0, mappedBytes: 0, handles: 0 });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(inMemory, { recursive: true });
});

/** File offset, bytes, memory offset: aligned and not, alike and not, across pages, at the ragged end. */
const windows: [number, number, number][] = [
  [0, 4096, 0], [0, SIZE, 0], [4096, 8192, 4096], [1, 1, 0], [1, 9000, 1], [4095, 2, 3], [4096, 100, 0], [5, 4091, 0],
  [100, 20_000, 100], [100, 20_000, 4196], [4096, 20_000, 7], [8192, 3_000_000, 1], [SIZE - 1, 1, 0],
  [SIZE - 5000, 5000, 0], [SIZE - 5000, 5000, (SIZE - 5000) % 4096], [0, 0, 0],
];

const ways = [
  ['past the page cache', onDisk, true], ['through the page cache', onDisk, false], ['from memory', inTmpfs, true],
] as const;

describe.each(ways)(
  'a file read %s',
  (_, path, direct) => {
    it.each(windows)('arrives from byte %i, %i bytes, at memory offset %i', (fileOffset, bytes, offset) => {
      const memory = allocate(SIZE + 8192);
      kernels.write(memory, 0, new Uint8Array(SIZE + 8192).fill(99));
      kernels.readInto(openFile(path, direct), fileOffset, bytes, memory, offset);
      expect(holds(memory, offset, contents.subarray(fileOffset, fileOffset + bytes))).toBe(true);
      const after = bytesAt(memory, offset + bytes, 64);
      const before = bytesAt(memory, Math.max(0, offset - 64), Math.min(64, offset));
      expect([...before, ...after].every((value) => value === 99)).toBe(true);
    });

    it('says so when it is too short', () => {
      const memory = allocate(SIZE + 8192);
      const file = openFile(path, direct);
      for (const [offset, bytes] of [[0, SIZE + 1], [SIZE, 1], [SIZE + 4096, 10], [SIZE - 5, 10]] as const) {
        expect(() => kernels.readInto(file, offset, bytes, memory, 0)).toThrow(
          expect.objectContaining({ code: 'KERNEL_IO', message: expect.stringMatching(/weights is too short/) }),
        );
      }
    });

    it('arrives through a loader, in any order of waiting', async () => {
      const [memory, loader, file] = [allocate(2 * SIZE), createLoader(), openFile(path, direct)];
      const reads = [[0, SIZE, 0], [17, 5_000_000, SIZE], [SIZE - 9, 9, SIZE + 5_000_000]] as const;
      const tickets = reads.map(([from, bytes, to]) => kernels.submit(loader, file, from, bytes, memory, to));
      expect(tickets).toEqual([1, 2, 3]);
      await Promise.all([3, 1, 2].map((ticket) => kernels.wait(loader, ticket)));
      expect(kernels.completed(loader)).toBe(3);
      expect(holds(memory, 0, contents)).toBe(true);
      expect(holds(memory, SIZE, contents.subarray(17, 5_000_017))).toBe(true);
      expect(holds(memory, SIZE + 5_000_000, contents.subarray(-9))).toBe(true);
      const { bytes, nanoseconds } = kernels.loaderStats(loader);
      expect(bytes).toBe(SIZE + 5_000_000 + 9);
      expect(nanoseconds).toBeGreaterThan(0);
    });
  },
);

/** Bytes of a file in the page cache, or undefined where the system's `fincore` is missing. */
function cachedBytes(path: string): number | undefined {
  const { status, stdout } = spawnSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', path]);
  return status === 0 ? Number(String(stdout).trim()) : undefined;
}

describe('the page cache', () => {
  it('stays without the files that are read past it', async ({ skip }) => {
    if (cachedBytes(onDisk) === undefined) skip('no fincore here to look into the page cache');
    execFileSync('dd', [`if=${onDisk}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    expect(cachedBytes(onDisk)).toBe(0);
    const [memory, loader, file] = [allocate(SIZE + 8192), createLoader(), openFile(onDisk)];
    for (const [fileOffset, bytes, offset] of windows) kernels.readInto(file, fileOffset, bytes, memory, offset);
    await kernels.wait(loader, kernels.submit(loader, file, 0, SIZE, memory, 0));
    expect(cachedBytes(onDisk)).toBe(0);
    // The measure itself works: an ordinary read leaves the file there.
    kernels.readInto(openFile(onDisk, false), 0, SIZE, memory, 0);
    expect(cachedBytes(onDisk)).toBeGreaterThan(SIZE / 2);
  });
});

describe('opening a file', () => {
  it('refuses what is missing or no file, with its name', () => {
    for (const path of [join(folder, 'missing'), folder]) {
      for (const direct of [true, false]) {
        expect(() => kernels.openFile(path, direct)).toThrow(
          expect.objectContaining({ code: 'KERNEL_IO', message: expect.stringContaining(path) }),
        );
      }
    }
  });

  it('refuses a handle after it was closed', () => {
    const file = kernels.openFile(onDisk, false);
    kernels.closeFile(file);
    const refusal = expect.objectContaining({ code: 'KERNEL_BAD_HANDLE' });
    expect(() => kernels.closeFile(file)).toThrow(refusal);
    expect(() => kernels.readInto(file, 0, 1, allocate(1), 0)).toThrow(refusal);
  });
});

describe('a loader', () => {
  it('delivers the error of a read that fails, after what came before it', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows refuses to shorten a file that is open');
    const path = writeFile(join(folder, 'shrinking'));
    const [memory, loader, file] = [allocate(SIZE), createLoader(), openFile(path)];
    truncateSync(path, 5_000_000);
    const good = kernels.submit(loader, file, 0, 5_000_000, memory, 0);
    const bad = kernels.submit(loader, file, 4_000_000, 5_000_000, memory, 0);
    const behind = kernels.submit(loader, file, 0, 10, memory, 0);
    const refusal = expect.objectContaining({ code: 'KERNEL_IO', message: expect.stringContaining('shrinking') });
    const outcomes = await Promise.allSettled([good, bad, behind].map((ticket) => kernels.wait(loader, ticket)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(outcomes.slice(1)).toEqual([1, 2].map(() => ({ status: 'rejected', reason: refusal })));
    expect(() => kernels.completed(loader)).toThrow(refusal);
    await expect(kernels.wait(loader, good)).resolves.toBeUndefined();
  });

  it('rejects what is waited for when it is closed, and lets go of memory and files', async () => {
    const [memory, loader, file] = [kernels.allocate(SIZE), kernels.createLoader(), kernels.openFile(onDisk, true)];
    let last = 0;
    for (let i = 0; i < 200; i++) last = kernels.submit(loader, file, 0, SIZE, memory, 0);
    const waited = kernels.wait(loader, last);
    // Freed while it is read into: the pages stay until the reads let go.
    kernels.free(memory);
    kernels.closeFile(file);
    expect(kernels.memoryStats().allocatedBytes).toBe(SIZE);
    kernels.closeLoader(loader);
    await expect(waited).rejects.toMatchObject({ code: 'KERNEL_CANCELLED' });
    expect(kernels.memoryStats()).toMatchObject({ allocatedBytes: 0, handles: 0 });
    expect(() => kernels.completed(loader)).toThrow(expect.objectContaining({ code: 'KERNEL_BAD_HANDLE' }));
  });

  it('refuses a ticket it has not given out, and a read beyond the memory', () => {
    const [memory, loader, file] = [allocate(100), createLoader(), openFile(onDisk)];
    expect(() => kernels.wait(loader, 1)).toThrow(expect.objectContaining({ code: 'KERNEL_BAD_ARGUMENT' }));
    expect(() => kernels.submit(loader, file, 0, 101, memory, 0)).toThrow(
      expect.objectContaining({ code: 'KERNEL_OUT_OF_BOUNDS' }),
    );
  });

  it('reads nothing and is done at once when asked for no bytes', async () => {
    const [memory, loader, file] = [allocate(100), createLoader(), openFile(onDisk)];
    await kernels.wait(loader, kernels.submit(loader, file, 0, 0, memory, 0));
    expect(kernels.completed(loader)).toBe(1);
  });

  it('lets the process end while it is idle, and keeps it alive while it is waited for', () => {
    const program = `
      const kernels = require('node-gyp-build')('./native-kernels');
      const memory = kernels.allocate(${SIZE});
      const file = kernels.openFile(process.argv[1], true);
      const loader = kernels.createLoader();
      kernels.wait(loader, kernels.submit(loader, file, 0, ${SIZE}, memory, 0)).then(() => (process.exitCode = 7));
    `;
    const { status } = spawnSync(process.execPath, ['-e', program, onDisk], { cwd: root, timeout: 30_000, stdio: 'ignore' });
    expect(status).toBe(7);
  });
});
