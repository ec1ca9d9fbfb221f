import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { goldenModel } from '../golden/golden-model.js';
import { damage } from './damage-file.js';
import {
  allDone, laptopsHere, printedLine, reportOf, start, startAll, type Laptop,
} from './hand-run.js';
import { endAllProcesses } from './hearth-process.js';

const golden = goldenModel('llama-gqa');
const ask = ['--prompt', 'Once upon a time', '--length', '48', '--temperature', '0', '--json'];
let folder: string;
let laptops: Laptop[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-ranks-'));
  laptops = laptopsHere(folder, 3);
});
afterEach(async () => {
  await endAllProcesses();
  rmSync(folder, { recursive: true, force: true });
});

let alone: Promise<number[]> | undefined;

/** What one node answers. */
function tokensAlone(): Promise<number[]> {
  alone ??= (async () => {
    const one = start(laptops[0]!, ['run', '--model-path', golden.path, ...ask]);
    expect((await one.ended).code).toBe(0);
    return reportOf(one).tokens;
  })();
  return alone;
}

/** Every file a laptop keeps of its slices, with what tells whether it was written again. */
function keptFiles({ home }: Laptop): Record<string, string> {
  const slices = join(home, 'slices');
  const files = readdirSync(slices, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.safetensors'));
  return Object.fromEntries(files.map((name) => {
    const { ino, mtimeMs, size } = statSync(join(slices, name));
    return [name, `${ino} ${mtimeMs} ${size}`];
  }));
}

const saveDir = (): string[] => ['--save-dir', join(folder, 'slices')];

describe('nodes started by the line that rank 0 prints', () => {
  test('fetch their slices onto empty disks and answer as one node does; again from what they kept', async () => {
    const expected = await tokensAlone();
    const options = { model: golden.path, flags: [...ask, ...saveDir(), '--ratio', '5:2:1'] };

    const first = await startAll(laptops, options);
    await allDone(first);
    const report = reportOf(first.master);
    expect(report.tokens).toEqual(expected);
    expect(report.nodes.map((node) => [node.rank, node.kv_heads, node.ffn_columns])).toEqual([[0, 1, 96], [1, 1, 32], [2, 0, 32]]);
    for (const worker of first.workers) {
      expect(worker.stderr).toMatch(/Slice: [\d.]+ kB fetched, 0 B kept/);
      expect(worker.stderr).toMatch(/Fetching this node's slice 100%/);
    }
    for (const rank of [1, 2]) expect(first.master.stderr).toMatch(new RegExp(`Sending node ${rank} its slice`));

    const before = laptops.slice(1).map(keptFiles);
    expect(before.map((files) => Object.keys(files).length)).toEqual([4, 4]);
    const second = await startAll(laptops, options);
    await allDone(second);
    expect(reportOf(second.master).tokens).toEqual(expected);
    for (const worker of second.workers) expect(worker.stderr).toMatch(/Slice: 0 B fetched, [\d.]+ kB kept/);
    expect(second.master.stderr).not.toContain('Sending node');
    expect(second.master.stderr).not.toContain('Slicing');
    expect(laptops.slice(1).map(keptFiles)).toEqual(before);

    const third = await startAll(laptops, { ...options, workerFlags: (rank) => (rank === 1 ? ['--force-download'] : []) });
    await allDone(third);
    expect(third.workers[0]?.stderr).toMatch(/Slice: [\d.]+ kB fetched, 0 B kept/);
    expect(third.workers[1]?.stderr).toMatch(/Slice: 0 B fetched/);
    expect(keptFiles(laptops[1]!)).not.toEqual(before[0]);
    expect(keptFiles(laptops[2]!)).toEqual(before[1]);
  });

  test('answer the same in a ring, with one home for all and slices made again', async () => {
    const shared = laptops.map((laptop) => ({ ...laptop, home: laptops[0]!.home }));
    const run = await startAll(shared, {
      model: golden.path, flags: [...ask, ...saveDir(), '--collective', 'ring', '--split-bin'],
      workerFlags: ['--disable-memory-schedule'],
    });
    await allDone(run);
    expect(reportOf(run.master).tokens).toEqual(await tokensAlone());
  });

  test('fetch again only what is damaged', async () => {
    const expected = await tokensAlone();
    const options = { model: golden.path, flags: [...ask, ...saveDir()] };
    await allDone(await startAll(laptops, options));
    const before = keptFiles(laptops[1]!);
    const [name = ''] = Object.keys(before);
    damage(join(laptops[1]!.home, 'slices', name));

    const run = await startAll(laptops, options);
    await allDone(run);
    expect(reportOf(run.master).tokens).toEqual(expected);
    const after = keptFiles(laptops[1]!);
    expect(Object.keys(after).filter((file) => after[file] !== before[file])).toEqual([name]);
  });
});

describe('the seed project’s own command lines', () => {
  test('run with underscores, --torch_dist and `hearth run --rank 1`', async () => {
    const common = [
      'run', '--model_type', 'llama', '--model_path', golden.path, '--world_size', '2', '--master_ip', '127.0.0.1',
      '--file_port=0', '--save_dir', join(folder, 'seed'), '--memory_window', '4', '--split_bin', '--torch_dist',
      '--prefix', 'Once upon ', '--prompt', 'a time', '--length', '48', '--temperature', '0', '--k', '0', '--p', '0.9', '--seed', '42',
      '--json',
    ];
    const master = start(laptops[0]!, [...common, '--rank', '0', '--master_port', '0']);
    const line = await printedLine(master);
    const port = line[line.indexOf('--master-port') + 1] ?? '';
    const token = line[line.indexOf('--join-token') + 1] ?? '';
    const worker = start(laptops[1]!, [...common, '--rank', '1', '--master_port', port, '--force_download'], {
      env: { HEARTH_JOIN_TOKEN: token },
    });
    await allDone({ master, workers: [worker] });
    expect(reportOf(master).tokens).toEqual(await tokensAlone());
    expect(master.lines.filter((text) => text.includes('--torch-dist'))).toEqual(['--torch-dist is called --collective ring here.']);
  });
});
