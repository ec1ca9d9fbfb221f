import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { uniformAt } from '../../engine/generate/seeded-random.js';
import { laptopsHere, start, startMaster, startWorker, type HandRun, type Laptop } from './hand-run.js';
import { endAllProcesses, type HearthProcess } from './hearth-process.js';
import { writeRandomModel } from './random-model.js';

/** `npm run test:integration:full` tries every stage with every node; without it a few of them. */
const all = process.env['HEARTH_FULL'] === '1';
const seed = Number(process.env['HEARTH_SEED'] ?? 3);
/** What the others may take, and how much longer where a frozen node has to be missed first. */
const killedMs = 5_000;
const frozenMs = 6_500;

let root: string;
let model: string;
let home: string;
let laptops: Laptop[];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-lost-'));
  model = writeRandomModel(join(root, 'model'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  home = mkdtempSync(join(root, 'homes-'));
  laptops = laptopsHere(home, 3);
});
afterEach(async () => {
  await endAllProcesses();
  rmSync(home, { recursive: true, force: true });
});

type Stage = 'joining' | 'fetching' | 'loading' | 'prefill' | 'decode' | 'idle';

interface Moment {
  stage: Stage;
  victim: number;
  collective: 'star' | 'ring';
  signal: 'SIGKILL' | 'SIGSTOP';
}

const longPrompt = ['--prompt', 'tell me a long story '.repeat(300)];
const shortPrompt = ['--prompt', 'tell me a story'];

/** Flags that make a stage last, how many nodes the master waits for, and what is said when the stage has begun. */
const stages: Record<Stage, {
  flags: string[]; missing?: number; begun: (run: HandRun, victim: number) => Promise<unknown>; spreadMs: number;
}> = {
  // The slices are made at the same time, and the run waits for a node that nobody starts.
  joining: {
    flags: [...shortPrompt, '--split-bin'], missing: 1, spreadMs: 800,
    begun: ({ workers }) => Promise.all(workers.map((worker) => worker.says(/^Joined/m))),
  },
  fetching: {
    flags: shortPrompt, spreadMs: 150,
    begun: ({ workers }, victim) => (workers[victim - 1] ?? workers[0])!.says(/Fetching this node's slice/),
  },
  loading: {
    flags: [...shortPrompt, '--disable-memory-schedule'], spreadMs: 150,
    begun: ({ workers }, victim) => (workers[victim - 1] ?? workers[0])!.says(/^Slice: /m),
  },
  prefill: {
    flags: [...longPrompt, '--length', '4000'], spreadMs: 300,
    begun: ({ workers }) => Promise.all(workers.map((worker) => worker.says(/^Ready/m))),
  },
  decode: {
    flags: [...shortPrompt, '--length', '8000'], spreadMs: 800, begun: ({ master }) => master.says(/[^]{5}/, 'stdout'),
  },
  idle: {
    flags: ['--interactive', '--length', '8', '--context-length', '64'], spreadMs: 1_200,
    begun: async ({ master }) => {
      master.type('hello\n');
      await master.says(/\n/, 'stdout');
    },
  },
};

async function begin({ stage, victim, collective }: Moment): Promise<HandRun> {
  const { flags, missing = 0, begun } = stages[stage];
  const saveDir = stage === 'joining' ? join(home, 'slices') : join(root, 'slices');
  const { master, line } = await startMaster(laptops[0]!, 3 + missing, {
    model, flags: [...flags, '--temperature', '0', '--threads', '1', '--collective', collective, '--save-dir', saveDir],
  });
  const flagsOfWorkers = stage === 'loading' ? ['--disable-memory-schedule'] : [];
  const workers = [1, 2].map((rank) => startWorker(laptops[rank]!, line, rank, ['--threads', '1', ...flagsOfWorkers]));
  await begun({ master, workers }, victim);
  return { master, workers };
}

async function expectAllToEnd(moment: Moment): Promise<void> {
  const { spreadMs } = stages[moment.stage];
  const run = await begin(moment);
  await pause(spreadMs * uniformAt(seed, Object.keys(stages).indexOf(moment.stage), moment.victim));
  const nodes = [run.master, ...run.workers];
  const victim = nodes[moment.victim]!;
  const at = performance.now();
  victim.kill(moment.signal);
  for (const [rank, node] of nodes.entries()) {
    if (rank === moment.victim) continue;
    const { code, signal, at: ended } = await node.ended;
    const said = `seed ${seed}, rank ${rank} after ${Math.round(ended - at)} ms:\n${node.stderr}`;
    expect(node.failure, said).toContain(`Node ${moment.victim} was lost`);
    expect([code, signal], said).toEqual([4, null]);
    expect(ended - at, said).toBeLessThan(moment.signal === 'SIGKILL' ? killedMs : frozenMs);
  }
}

const few: Moment[] = [
  { stage: 'joining', victim: 0, collective: 'star', signal: 'SIGKILL' },
  { stage: 'joining', victim: 2, collective: 'star', signal: 'SIGKILL' },
  { stage: 'fetching', victim: 0, collective: 'ring', signal: 'SIGKILL' },
  { stage: 'fetching', victim: 1, collective: 'star', signal: 'SIGKILL' },
  { stage: 'loading', victim: 2, collective: 'ring', signal: 'SIGKILL' },
  { stage: 'prefill', victim: 1, collective: 'ring', signal: 'SIGKILL' },
  { stage: 'decode', victim: 0, collective: 'star', signal: 'SIGKILL' },
  { stage: 'decode', victim: 2, collective: 'ring', signal: 'SIGKILL' },
  { stage: 'idle', victim: 1, collective: 'star', signal: 'SIGKILL' },
  { stage: 'decode', victim: 1, collective: 'star', signal: 'SIGSTOP' },
  { stage: 'idle', victim: 0, collective: 'ring', signal: 'SIGSTOP' },
];

function everyMoment(): Moment[] {
  const moments: Moment[] = [];
  for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
    for (const collective of ['star', 'ring'] as const) {
      for (const stage of Object.keys(stages) as Stage[]) {
        for (const victim of [0, 1, 2]) moments.push({ stage, victim, collective, signal });
      }
    }
  }
  return moments;
}

describe('all other nodes end within seconds and name the lost one', () => {
  test.each(all ? everyMoment() : few)('rank $victim by $signal while $stage in a $collective', expectAllToEnd);
});

/** The local nodes that a master has started, by rank. */
function childrenOf(master: HearthProcess): Map<number, number> {
  const pids = readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return new Map(pids.map((pid) => {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return [Number(words[words.indexOf('--rank') + 1]), pid];
  }));
}

async function goneWithin(pids: Iterable<number>, ms: number): Promise<number[]> {
  const deadline = performance.now() + ms;
  let left = [...pids];
  while (left.length > 0 && performance.now() < deadline) {
    await pause(20);
    left = left.filter((pid) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '');
  }
  return left;
}

const localRun = ['run', '--world-size', '3', '--threads', '1', '--temperature', '0', ...shortPrompt, '--length', '8000'];

describe.skipIf(process.platform !== 'linux')('nodes of one machine', () => {
  const answering = (): HearthProcess =>
    start(laptops[0]!, [...localRun, '--model-path', model, '--save-dir', join(root, 'local-slices')]);

  test('end by themselves when their master is killed while it answers', async () => {
    const master = answering();
    await master.says(/[^]{5}/, 'stdout');
    const children = childrenOf(master);
    expect([...children.keys()].sort()).toEqual([1, 2]);
    master.kill();
    expect(await goneWithin(children.values(), killedMs)).toEqual([]);
  });

  test('end by themselves when their master is killed before they have found it', async () => {
    const master = answering();
    let children = new Map<number, number>();
    while (children.size < 2 && master.ending === null) {
      await pause(5);
      try {
        children = childrenOf(master);
      } catch {
        // Between fork and exec a child has no words yet, and before that there is no child.
      }
    }
    master.kill();
    expect(await goneWithin(children.values(), killedMs)).toEqual([]);
  });

  test.each([1, 2])('end with the run when rank %i of them is killed', async (rank) => {
    const master = answering();
    await master.says(/[^]{5}/, 'stdout');
    const children = childrenOf(master);
    const at = performance.now();
    process.kill(children.get(rank)!, 'SIGKILL');
    const { code, at: ended } = await master.ended;
    expect(master.failure).toContain(`Node ${rank} was lost`);
    expect([code, ended - at < killedMs]).toEqual([4, true]);
    expect(await goneWithin(children.values(), killedMs)).toEqual([]);
  });

  test('are many without a word of warning', async () => {
    const master = start(laptops[0]!, [
      'run', '--world-size', '12', '--threads', '1', '--temperature', '0', ...shortPrompt, '--length', '2', '--model-path', model,
      '--save-dir', join(home, 'twelve'),
    ]);
    expect((await master.ended).code).toBe(0);
    expect(master.stderr).not.toMatch(/warning/i);
  });

  test('leave nothing behind when the answer is interrupted', async () => {
    const master = answering();
    await master.says(/[^]{5}/, 'stdout');
    const children = childrenOf(master);
    master.kill('SIGINT');
    expect((await master.ended).code).toBe(130);
    expect(await goneWithin(children.values(), killedMs)).toEqual([]);
  });
});
