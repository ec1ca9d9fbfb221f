import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kernels, type Memory } from '../../../native-kernels/index.js';

const folder = mkdtempSync(join(tmpdir(), 'hearth-memory-'));
const live: Memory[] = [];
const mappedFolders: string[] = [];

function allocate(bytes: number): Memory {
  const memory = kernels.allocate(bytes);
  live.push(memory);
  return memory;
}

afterEach(() => {
  for (const memory of live.splice(0)) kernels.free(memory);
  // Not before: Windows keeps a file that is mapped.
  for (const name of [folder, ...mappedFolders.splice(0)]) rmSync(name, { recursive: true, force: true });
});

describe('memory of the addon', () => {
  it('starts out as zeroes and gives back what was written', () => {
    const memory = allocate(10_000);
    const values = new Float32Array(2500).fill(1);
    kernels.read(memory, 0, values);
    expect(values.every((value) => value === 0)).toBe(true);
    kernels.write(memory, 8, Int32Array.of(1, -2, 3));
    const back = new Int32Array(3);
    kernels.read(memory, 8, back);
    expect([...back]).toEqual([1, -2, 3]);
  });

  it('copies into and out of arrays that threads share', () => {
    const memory = allocate(64);
    kernels.write(memory, 4, new Float32Array(new SharedArrayBuffer(8)).fill(2.5));
    const shared = new Float32Array(new SharedArrayBuffer(16));
    kernels.read(memory, 0, shared.subarray(1));
    expect([...shared]).toEqual([0, 0, 2.5, 2.5]);
  });

  it('copies within itself where the ranges overlap', () => {
    const memory = allocate(16);
    kernels.write(memory, 0, Uint8Array.of(1, 2, 3, 4, 5));
    kernels.copy(memory, 0, memory, 2, 5);
    const back = new Uint8Array(8);
    kernels.read(memory, 0, back);
    expect([...back]).toEqual([1, 2, 1, 2, 3, 4, 5, 0]);
  });

  it('gives whole pages back to the system and keeps the rest', () => {
    const bytes = 8 << 20;
    const memory = allocate(bytes);
    kernels.write(memory, 0, new Uint8Array(bytes).fill(7));
    const residentBefore = process.memoryUsage.rss();
    kernels.discard(memory, 1, bytes - 2);
    expect(residentBefore - process.memoryUsage.rss()).toBeGreaterThan(bytes / 2);
    const back = new Uint8Array(bytes);
    kernels.read(memory, 0, back);
    expect([back[0], back[bytes / 2], back[bytes - 1]]).toEqual([7, 0, 7]);
  });

  it('counts bytes and handles, and counts nothing once all is freed', () => {
    const before = kernels.memoryStats();
    const memory = kernels.allocate(5000);
    expect(kernels.memoryStats()).toEqual({
      ...before, allocatedBytes: before.allocatedBytes + 5000, handles: before.handles + 1,
    });
    kernels.free(memory);
    expect(kernels.memoryStats()).toEqual(before);
  });

  it('refuses a freed handle, even when its slot is in use again', () => {
    const freed = kernels.allocate(16);
    kernels.free(freed);
    const next = allocate(16);
    expect(next).not.toBe(freed);
    const useFreed = (): void => kernels.write(freed, 0, Uint8Array.of(1));
    expect(useFreed).toThrow(expect.objectContaining({ code: 'KERNEL_BAD_HANDLE' }));
    expect(() => kernels.free(freed)).toThrow(expect.objectContaining({ code: 'KERNEL_BAD_HANDLE' }));
  });

  it('refuses more than the system has, and goes on', () => {
    expect(() => kernels.allocate(2 ** 47)).toThrow(expect.objectContaining({ code: 'KERNEL_OUT_OF_MEMORY' }));
    allocate(16);
  });
});

describe('a mapped file', () => {
  const contents = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251);

  function mapped(offset: number, bytes: number): Memory {
    const path = join(mkdtempSync(join(tmpdir(), 'hearth-map-')), 'weights');
    writeFileSync(path, contents);
    mappedFolders.push(dirname(path));
    const memory = kernels.map(path, offset, bytes);
    live.push(memory);
    return memory;
  }

  const windows = [[0, 20_000], [1, 1], [4095, 2], [4097, 9000], [19_999, 1]] as const;

  it.each(windows)('is read from byte %i for %i', (offset, bytes) => {
    const back = new Uint8Array(bytes);
    kernels.read(mapped(offset, bytes), 0, back);
    expect(back).toEqual(contents.slice(offset, offset + bytes));
    expect(kernels.memoryStats().mappedBytes).toBe(bytes);
  });

  it('refuses to be written', () => {
    const memory = mapped(0, 100);
    const writes = [
      () => kernels.write(memory, 0, Uint8Array.of(1)),
      () => kernels.discard(memory, 0, 100),
      () => kernels.softmax(memory, 0, 4, 1, 4),
      () => kernels.copy(memory, 0, memory, 8, 4),
    ];
    for (const write of writes) expect(write).toThrow(expect.objectContaining({ code: 'KERNEL_BAD_ARGUMENT' }));
  });

  it('refuses what lies beyond the end of the file', () => {
    expect(() => mapped(19_999, 2)).toThrow(expect.objectContaining({ code: 'KERNEL_IO' }));
    expect(() => kernels.map(join(folder, 'no-such-file'), 0, 1)).toThrow(/no-such-file/);
    expect(() => kernels.map(tmpdir(), 0, 1)).toThrow(expect.objectContaining({ code: 'KERNEL_IO' }));
  });
});

/** Uses the addon in a worker and ends without freeing anything. */
const LEAKING_WORKER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const kernels = require('node-gyp-build')(workerData.addon);
  kernels.setThreads(2);
  const memory = kernels.allocate(32 << 20);
  kernels.write(memory, 0, new Uint8Array(32 << 20).fill(1));
  const file = kernels.openFile(workerData.file, true);
  const loader = kernels.createLoader();
  for (let i = 0; i < 50; i++) kernels.submit(loader, file, 0, workerData.bytes, memory, 0);
  kernels.matmul(0, memory, 0, 512, 512, memory, 1 << 20, 512, memory, 2 << 20, 512, 1);
  kernels.wait(loader, 50).catch(() => undefined);
  parentPort.postMessage(kernels.memoryStats().handles);
  process.exit(0);
`;

const workerData = {
  addon: fileURLToPath(new URL('../../../native-kernels', import.meta.url)),
  file: fileURLToPath(new URL('../../golden/quants/golden.json', import.meta.url)),
  bytes: 100_000,
};

function runLeakingWorker(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(LEAKING_WORKER, { eval: true, workerData });
    let answer: unknown;
    worker.on('message', (count) => (answer = count));
    worker.on('error', reject);
    worker.on('exit', () => resolve(answer));
  });
}

/** Threads of this process and files it holds open of the one the workers read; none can be counted outside Linux. */
function heldBySystem(): { threads: number; files: number } {
  if (process.platform !== 'linux') return { threads: 0, files: 0 };
  const open = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === workerData.file;
    } catch {
      return false; // The descriptor of this very listing.
    }
  });
  return { threads: readdirSync('/proc/self/task').length, files: open.length };
}

describe('several environments at once', () => {
  it('each have their own memory, and leave nothing behind when they end', async () => {
    await runLeakingWorker();
    const [stats, held, resident] = [kernels.memoryStats(), heldBySystem(), process.memoryUsage.rss()];
    for (let round = 0; round < 4; round++) {
      expect(await Promise.all([1, 2, 3].map(runLeakingWorker))).toEqual([3, 3, 3]);
    }
    expect(kernels.memoryStats()).toEqual(stats);
    await vi.waitFor(() => expect(heldBySystem()).toEqual(held), { timeout: 10_000 });
    // Twelve workers with 32 MiB each would show if they were kept.
    await vi.waitFor(() => expect(process.memoryUsage.rss() - resident).toBeLessThan(128 << 20), { timeout: 10_000 });
  });
});
