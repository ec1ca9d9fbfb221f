import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dtype } from '../../engine/formats/dtype.js';
import type { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import type { OnProgress } from '../../engine/report/progress.js';
import type { ShardReport } from '../../engine/shard/shard-settings.js';
import { evenRatio } from '../../engine/slices/ratio.js';
import { startLocalProcess } from '../local-process.js';
import { measureHearth } from './hearth-speed.js';
import { median } from './median.js';
import { somePrompt } from './some-prompt.js';

/** One number of nodes on this machine, as `--json` prints it: medians over the rounds. */
export interface WorldRow {
  model: string;
  dtype: string;
  world_size: number;
  threads_per_node: number;
  /** Blocks of the memory window; 0 where all weights are resident. */
  memory_window: number;
  prefill_tok_per_s: number;
  decode_tok_per_s: number;
  /** Speed over that of one node in the same round. */
  ratio_to_one: { prefill: number; decode: number };
  /** Of rank 0, while decoding. */
  ms_per_token: { compute: number; allreduce_wait: number; wire: number; weight_wait: number };
}

export interface WorldsRequest {
  text: TextModel;
  dtype: Dtype | null;
  worldSizes: readonly number[];
  /** Of all nodes together: those of one machine share its cores. */
  threads: number;
  window: WindowChoice;
  promptTokens: number;
  decodeTokens: number;
  rounds: number;
  /** Slices are made below it, and taken away afterwards. */
  folder: string;
  onProgress?: OnProgress;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Weights of one number of nodes, loaded. */
interface LoadedWorld {
  worldSize: number;
  threads: number;
  model: LoadedModel;
  rounds: Round[];
}

interface Round {
  prefill: number;
  decode: number;
  split: WorldRow['ms_per_token'];
}

/**
 * Measures one model on 1, 2, … local nodes: all are loaded at once, each in processes of its own, and take turns, so that
 * whatever else the machine does falls on all alike. The first round warms up. One node is always among them.
 */
export async function measureWorlds(request: WorldsRequest): Promise<WorldRow[]> {
  await mkdir(request.folder, { recursive: true });
  const slices = await mkdtemp(join(request.folder, 'slices-'));
  const worlds: LoadedWorld[] = [];
  try {
    for (const worldSize of [...new Set([1, ...request.worldSizes])].sort((a, b) => a - b)) {
      worlds.push(await loadWorld(request, worldSize, join(slices, String(worldSize))));
    }
    const prompt = somePrompt(request.promptTokens, request.text.opened.config.vocab);
    for (let round = 0; round <= request.rounds; round++) {
      for (const world of worlds) {
        request.signal.throwIfAborted();
        const measured = await measureRound(world.model, prompt, request.decodeTokens);
        if (round > 0) world.rounds.push(measured);
      }
    }
    return worlds.map((world) => rowOf(world, worlds[0] ?? world));
  } finally {
    for (const { model } of worlds) await model.close();
    await rm(slices, { recursive: true, force: true });
  }
}

async function loadWorld(request: WorldsRequest, worldSize: number, saveDir: string): Promise<LoadedWorld> {
  const { window, onProgress, say, signal } = request;
  const threads = Math.max(1, Math.floor(request.threads / worldSize));
  const alone = worldSize === 1 && window.kind === 'off';
  const flags = window.kind === 'window' ? ['--memory-window', String(window.blocks)] : ['--disable-memory-schedule'];
  const model = await LoadedModel.load(request.text, {
    dtype: request.dtype, threads, kvDtype: 'f16', contextTokens: request.promptTokens + request.decodeTokens + 1,
    world: alone ? undefined : {
      worldSize, window, saveDir, say, signal,
      collective: 'star', ratio: evenRatio(worldSize), joinTimeoutMs: 60_000, splitBin: false,
      others: { kind: 'local', start: (node) => startLocalProcess(node, flags) },
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  }, onProgress, signal);
  return { worldSize, threads, model, rounds: [] };
}

/** Prefills, then decodes at the end of what was prefilled, so that the split is of decoding alone. */
async function measureRound(model: LoadedModel, prompt: readonly number[], decodeTokens: number): Promise<Round> {
  const { prefillTokPerS } = await measureHearth(model, prompt, 1);
  const before = (await model.report()).shard;
  const { decodeTokPerS } = await measureHearth(model, prompt, decodeTokens, { keepContext: true });
  return { prefill: prefillTokPerS, decode: decodeTokPerS, split: splitOf(before, (await model.report()).shard) };
}

/** Milliseconds per pass between two reports of a node. */
function splitOf(before: ShardReport, after: ShardReport): Round['split'] {
  const passes = Math.max(1, after.passes - before.passes);
  return {
    compute: (after.computeMs - before.computeMs) / passes,
    allreduce_wait: (after.allReduceWaitMs - before.allReduceWaitMs) / passes,
    wire: (after.allReduceWireMs - before.allReduceWireMs) / passes,
    weight_wait: (after.weightWaitMs - before.weightWaitMs) / passes,
  };
}

function rowOf({ worldSize, threads, model, rounds }: LoadedWorld, one: LoadedWorld): WorldRow {
  const of = (value: (round: Round) => number): number => median(rounds.map(value));
  const ratio = (value: (round: Round) => number): number =>
    median(rounds.map((round, at) => value(round) / value(one.rounds[at] ?? round)));
  return {
    model: model.text.opened.name,
    dtype: model.storedDtype(),
    world_size: worldSize,
    threads_per_node: threads,
    memory_window: model.memoryWindow,
    prefill_tok_per_s: of((round) => round.prefill),
    decode_tok_per_s: of((round) => round.decode),
    ratio_to_one: { prefill: ratio((round) => round.prefill), decode: ratio((round) => round.decode) },
    ms_per_token: {
      compute: of(({ split }) => split.compute),
      allreduce_wait: of(({ split }) => split.allreduce_wait),
      wire: of(({ split }) => split.wire),
      weight_wait: of(({ split }) => split.weight_wait),
    },
  };
}
