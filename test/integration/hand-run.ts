import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HearthProcess, type StartOptions } from './hearth-process.js';

/** One laptop: its own home, and where its processes run. */
export interface Laptop {
  home: string;
  within?: readonly string[];
  /** Its address as the others see it. */
  address: string;
}

/** Laptops that are all this machine, each with an empty disk of its own. */
export function laptopsHere(folder: string, count: number): Laptop[] {
  return Array.from({ length: count }, (_, rank) => {
    const home = join(folder, `home-${rank}`);
    mkdirSync(home, { recursive: true });
    return { home, address: '127.0.0.1' };
  });
}

export interface HandRun {
  master: HearthProcess;
  /** In rank order, from rank 1 on. */
  workers: HearthProcess[];
}

export interface HandRunOptions {
  model: string;
  /** Flags of rank 0 besides where it listens. */
  flags: readonly string[];
  /** Flags of all others, or of each. */
  workerFlags?: readonly string[] | ((rank: number) => readonly string[]);
}

/** Starts rank 0 on the first laptop and waits for the line that it prints. Ports are any free ones. */
export async function startMaster(
  laptop: Laptop, worldSize: number, { model, flags }: HandRunOptions,
): Promise<{ master: HearthProcess; line: string[] }> {
  const master = start(laptop, [
    'run', '--rank', '0', '--world-size', String(worldSize), '--master-ip', laptop.address, '--master-port', '0',
    '--file-port', '0', '--model-path', model, ...flags,
  ]);
  return { master, line: await printedLine(master) };
}

/** The words of the line that a master prints for the others, `hearth` left out. */
export async function printedLine(master: HearthProcess): Promise<string[]> {
  const [, words = ''] = await master.says(/^ {2}hearth (node --rank .* --join-token \S+)$/m);
  return words.replace(/<1 to \d+>/, '<rank>').split(' ');
}

/** Types the printed line on another laptop. */
export function startWorker(laptop: Laptop, line: readonly string[], rank: number, flags: readonly string[] = []): HearthProcess {
  const words = line.map((word, at) => (line[at - 1] === '--rank' ? String(rank) : word));
  return start(laptop, [...words, ...flags]);
}

/** Starts all nodes of a run, one a laptop. */
export async function startAll(laptops: readonly Laptop[], options: HandRunOptions): Promise<HandRun> {
  const [first, ...others] = laptops;
  if (first === undefined) throw new Error('a run needs a laptop');
  const { master, line } = await startMaster(first, laptops.length, options);
  const { workerFlags = [] } = options;
  const workers = others.map((laptop, index) =>
    startWorker(laptop, line, index + 1, typeof workerFlags === 'function' ? workerFlags(index + 1) : workerFlags));
  return { master, workers };
}

export function start(laptop: Laptop, words: readonly string[], options: Partial<StartOptions> = {}): HearthProcess {
  return new HearthProcess(words, {
    home: laptop.home, ...(laptop.within === undefined ? {} : { within: laptop.within }), ...options,
  });
}

/** The report on the last line of standard output. */
export interface Report {
  tokens: number[];
  text: string;
  world_size: number;
  nodes: { rank: number; kv_heads: number; ffn_columns: number; weight_bytes_read: number; allreduces: number }[];
}

export function reportOf(process: HearthProcess): Report {
  return JSON.parse(process.stdout.trim().split('\n').at(-1) ?? '') as Report;
}

/** Waits until all have ended well; the error shows what the first that did not has said. */
export async function allDone({ master, workers }: HandRun): Promise<void> {
  for (const process of [master, ...workers]) {
    const { code } = await process.ended;
    if (code !== 0) throw new Error(`${process.title} ended with ${code ?? 'a signal'}:\n${process.stderr}`);
  }
}
