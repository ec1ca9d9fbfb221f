import type { Command } from 'commander';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { InterruptedError, WrongUseError } from '../../engine/errors.js';
import type { GenerationEvent } from '../../engine/generate/generation.js';
import type { Prompt } from '../../engine/generate/prompt.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { validateSampling } from '../../engine/generate/sampler.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import type { RunReport } from '../../engine/report/run-report.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { readPrompt } from './read-prompt.js';
import { helpByHand } from './node.js';
import { addModelFlags, addPromptFlags, checkModelType, type RunFlags } from './run-options.js';
import { addWorldFlags, worldOptions, type WorldFlags } from './world-options.js';

/** `hearth run`: one prompt, one streamed answer. */
export function registerRun(program: Command): void {
  const command = program.command('run').description('answer one prompt in the terminal');
  addWorldFlags(addPromptFlags(addModelFlags(command)));
  command.action((flags: RunFlags & WorldFlags) => runCommand((signal) =>
    // The seed starts its workers with the same command and another rank.
    flags.rank > 0 ? helpByHand(flags, signal) : run(flags, signal)));
}

async function run(flags: RunFlags & WorldFlags, signal: AbortSignal): Promise<void> {
  const sampling = validateSampling({
    temperature: flags.temperature, topK: flags.k, topP: flags.p, minP: flags.minP,
    repetitionPenalty: flags.repetitionPenalty, seed: flags.seed,
  });
  if (flags.modelPath === undefined) {
    throw new WrongUseError('NO_MODEL', 'Name a model with --model-path; `hearth models ls` shows those that are here.');
  }
  const text = await TextModel.open(await findModel(flags.modelPath));
  checkModelType(flags.modelType, text.opened.config.architecture);
  const prompt = promptOf(flags, flags.prompt ?? (await readPrompt(signal)));
  const promptTokens = text.encode(prompt).length;
  const model = await LoadedModel.load(text, {
    dtype: flags.dtype ?? null,
    threads: flags.threads ?? null,
    contextTokens: flags.contextLength ?? promptTokens + flags.length,
    kvDtype: flags.kvDtype,
    world: await worldOptions(flags, signal),
  }, showProgress);
  endProgress();
  try {
    sayConversions(model);
    const request = { prompt, sampling, maxTokens: flags.length, stop: flags.stop };
    const answer = new StreamedAnswer();
    for await (const event of model.generate(request, signal)) answer.hear(event);
    answer.endLine();
    if (flags.json === true) process.stdout.write(`${JSON.stringify(await reportOf(model, flags, answer))}\n`);
    if (signal.aborted) throw new InterruptedError('Stopped; the answer above is incomplete.');
  } finally {
    await model.close();
  }
}

function promptOf(flags: RunFlags, text: string): Prompt {
  if (flags.chat !== true) return { kind: 'text', text: flags.prefix + text };
  const system = flags.system === undefined ? [] : [{ role: 'system' as const, content: flags.system }];
  return { kind: 'chat', messages: [...system, { role: 'user', content: flags.prefix + text }] };
}

function sayConversions(model: LoadedModel): void {
  for (const { from, to, tensors } of model.conversions()) {
    process.stderr.write(`Converted on load: ${tensors} ${tensors === 1 ? 'tensor' : 'tensors'} from ${from} to ${to}.\n`);
  }
}

/** Writes the answer as it comes and keeps what the report needs. */
class StreamedAnswer {
  readonly tokens: number[] = [];
  text = '';
  end: (GenerationEvent & { kind: 'end' }) | null = null;

  hear(event: GenerationEvent): void {
    if (event.kind === 'prefill') return;
    if (event.kind === 'token') this.tokens.push(event.token);
    else this.end = event;
    this.text += event.text;
    process.stdout.write(event.text);
  }

  endLine(): void {
    if (!this.text.endsWith('\n')) process.stdout.write('\n');
  }
}

async function reportOf(model: LoadedModel, flags: RunFlags, answer: StreamedAnswer): Promise<RunReport> {
  const { nodes, shard } = await model.report();
  const timing = answer.end?.timing;
  const perPass = (ms: number): number => (shard.passes === 0 ? 0 : ms / shard.passes);
  return {
    model: model.text.opened.name,
    dtype: flags.dtype ?? model.storedDtype(),
    conversions: model.conversions(),
    world_size: nodes.length,
    memory_window: model.memoryWindow,
    prompt_tokens: timing?.promptTokens ?? 0,
    tokens: answer.tokens,
    text: answer.text,
    finish_reason: answer.end?.reason ?? 'aborted',
    ttft_ms: timing?.ttftMs ?? 0,
    decode_tok_per_s: timing?.decodeTokPerS ?? 0,
    prefill_tok_per_s: timing?.prefillTokPerS ?? 0,
    ms_per_token: {
      compute: perPass(shard.computeMs),
      allreduce: perPass(shard.allReduceWaitMs + shard.allReduceWireMs),
      weight_wait: perPass(shard.weightWaitMs),
    },
    nodes,
  };
}
