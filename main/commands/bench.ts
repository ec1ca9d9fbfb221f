import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import type { Dtype } from '../../engine/formats/dtype.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { describeMachine, kernelCallOverhead, readBandwidth, type Machine } from '../../engine/report/machine.js';
import { measureRow, type BenchRow } from '../bench/bench-row.js';
import { peerVersion } from '../bench/llama-cpp-peer.js';
import { modelShapes, type ShapeName } from '../bench/model-shape.js';
import { syntheticModel } from '../bench/synthetic-model.js';
import { measureWorlds, type WorldRow } from '../bench/world-row.js';
import { worldText } from '../bench/world-text.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { dtype as parseDtype, wholeNumber } from './run-options.js';

interface BenchFlags {
  modelPath?: string;
  shape: ShapeName[];
  dtypes: Dtype[];
  threads: number;
  promptTokens: number;
  decodeTokens: number;
  rounds: number;
  worldSize?: number[];
  memoryWindow?: number;
  peer: boolean;
  json?: true;
}

/** `hearth bench`: this machine's speed, beside llama.cpp on the same weights. */
export function registerBench(program: Command): void {
  program.command('bench').description('measure prefill and decode speed beside llama.cpp on the same weights')
    .option('--model-path <path>', 'measure this model (default: synthetic weights of --shape)')
    .addOption(new Option('--shape <names>', `synthetic weights: ${Object.keys(modelShapes).join(', ')}`)
      .argParser(listOf(shapeName)).default(['smollm2-135m'], 'smollm2-135m'))
    .addOption(new Option('--dtype, --dtypes <list>', 'types to measure, such as f32,q4_0')
      .argParser(listOf(parseDtype)).default(['f32', 'f16', 'bf16', 'q8_0', 'q4_0'], 'all'))
    .option('--threads <n>', 'compute threads of both sides, and of all nodes together', wholeNumber(1, 1024), 2)
    .option('--world-size <list>', 'measure so many local nodes beside one, such as 1,2,4', listOf(wholeNumber(1, 64)))
    .option('--memory-window <w>', 'with --world-size: run through a window of so many blocks', wholeNumber(2, 1_000_000))
    .option('--prompt-tokens <n>', 'tokens to prefill', wholeNumber(1, 100_000), 512)
    .option('--decode-tokens <n>', 'tokens to decode', wholeNumber(2, 100_000), 64)
    .option('--rounds <n>', 'rounds whose median is printed', wholeNumber(1, 1000), 5)
    .option('--no-peer', 'measure Hearth alone')
    .option('--json', 'print the figures as one JSON object on the last line')
    .action((flags: BenchFlags) => runCommand((signal) => bench(flags, signal)));
}

async function bench(flags: BenchFlags, signal: AbortSignal): Promise<void> {
  const machine = describeMachine();
  const bandwidth = readBandwidth(flags.threads);
  say(`${machine.cpu}, ${machine.physical_cores} cores, ${machine.instruction_set}, ${flags.threads} threads; ` +
    `reads ${(bandwidth / 1e9).toFixed(1)} GB/s; a kernel call costs ${kernelCallOverhead().toFixed(0)} ns over the native one.`);
  if (flags.peer && flags.worldSize === undefined && (await peerVersion()) === null) say('llama.cpp is not measured: node-llama-cpp is not installed.');
  const rows: (BenchRow | WorldRow)[] = [];
  for (const subject of subjects(flags)) {
    if (flags.worldSize !== undefined) {
      const worlds = await worldRows(flags, flags.worldSize, subject, signal);
      rows.push(...worlds);
      for (const row of worlds) say(worldText(row));
      continue;
    }
    const file = await subject.file();
    const row = await measureRow({
      text: await TextModel.open(file),
      dtype: subject.convertTo,
      threads: flags.threads,
      promptTokens: flags.promptTokens,
      decodeTokens: flags.decodeTokens,
      rounds: flags.rounds,
      readBandwidth: bandwidth,
      peerFile: flags.peer && subject.convertTo === null && file.endsWith('.gguf') && (await peerVersion()) !== null ? file : null,
      onProgress: showProgress,
      signal,
    });
    endProgress();
    rows.push(row);
    say(rowText(row));
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report(machine, bandwidth, rows))}\n`);
}

async function worldRows(flags: BenchFlags, worldSizes: readonly number[], subject: Subject, signal: AbortSignal): Promise<WorldRow[]> {
  const { memoryWindow, threads, promptTokens, decodeTokens, rounds } = flags;
  return measureWorlds({
    text: await TextModel.open(await subject.file()), dtype: subject.convertTo,
    worldSizes, threads, promptTokens, decodeTokens, rounds, say, signal,
    window: memoryWindow === undefined ? { kind: 'off' } : { kind: 'window', blocks: memoryWindow },
    folder: join(hearthHome(), 'bench'),
    onProgress: showProgress,
  });
}

interface Subject {
  file: () => Promise<string>;
  /** Null measures what is stored, as both sides can. */
  convertTo: Dtype | null;
}

function subjects(flags: BenchFlags): Subject[] {
  const { modelPath } = flags;
  if (modelPath !== undefined) return flags.dtypes.map((convertTo) => ({ file: () => findModel(modelPath), convertTo }));
  const folder = join(hearthHome(), 'bench');
  return flags.shape.flatMap((shape) => flags.dtypes.map((type) => ({
    file: () => syntheticModel(folder, shape, type, showProgress), convertTo: null,
  })));
}

function report(machine: Machine, bandwidth: number, rows: readonly (BenchRow | WorldRow)[]) {
  return { machine, read_bandwidth_gb_s: bandwidth / 1e9, rows };
}

function rowText(row: BenchRow): string {
  const own = `${row.model}: prefill ${row.prefill_tok_per_s.toFixed(0)} tok/s (${row.prefill_gflops.toFixed(0)} GFLOP/s), ` +
    `decode ${row.decode_tok_per_s.toFixed(1)} tok/s (${(row.bandwidth_share * 100).toFixed(0)}% of bandwidth)`;
  if (row.peer === null) return own;
  const prefill = row.prefill_tok_per_s / row.peer.prefill_tok_per_s;
  const decode = row.decode_tok_per_s / row.peer.decode_tok_per_s;
  return `${own}; llama.cpp ${row.peer.prefill_tok_per_s.toFixed(0)} and ${row.peer.decode_tok_per_s.toFixed(1)}: ` +
    `${prefill.toFixed(2)}x and ${decode.toFixed(2)}x`;
}

function say(line: string): void {
  endProgress();
  process.stdout.write(`${line}\n`);
}

function shapeName(value: string): ShapeName {
  if (value in modelShapes) return value as ShapeName;
  throw new InvalidArgumentError(`Choose from ${Object.keys(modelShapes).join(', ')}.`);
}

function listOf<T>(parse: (value: string) => T): (value: string) => T[] {
  return (value) => value.split(',').map((part) => parse(part.trim()));
}
