import type { Command } from 'commander';
import { InterruptedError } from '../../engine/errors.js';
import type { Prompt } from '../../engine/generate/prompt.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { validateSampling, type Sampling } from '../../engine/generate/sampler.js';
import { LoadedModel, type AnswerRequest } from '../../engine/loaded-model.js';
import { dropFromPageCacheIfThere } from '../../engine/report/page-cache.js';
import type { ChatMessage } from '../../engine/model/chat-template.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand, type TakeInterrupts } from '../run-command.js';
import { chooseModel, flagsForGuide } from './choose-model.js';
import { PromptLines, readPrompt } from './read-prompt.js';
import { memoryLine } from './memory-line.js';
import { helpByHand } from './node.js';
import { askHome } from './ask-home.js';
import { addHomeFlags, type HomeFlags } from './home-flags.js';
import { addModelFlags, addPromptFlags, checkModelType, type RunFlags } from './run-options.js';
import { reportOf, StreamedAnswer } from './streamed-answer.js';
import { addWorldFlags, windowChoice, worldOptions, type WorldFlags } from './world-options.js';

/** `hearth run`: one prompt and its streamed answer, or a conversation of prompts. */
export function registerRun(program: Command): void {
  const command = program.command('run').description('answer a prompt in the terminal');
  addHomeFlags(addWorldFlags(addPromptFlags(addModelFlags(command))))
    .option('--home', 'ask the home: whichever laptop leads it answers, over all that help');
  command.action((flags: RunFlags & WorldFlags & HomeFlags & { home?: true }) => runCommand((signal, takeInterrupts) => {
    if (flags.home === true) return askHomeOnce(flags, signal);
    // The seed starts its workers with the same command and another rank.
    return flags.rank > 0 ? helpByHand(flags, signal) : run(command, flags, signal, takeInterrupts);
  }));
}

async function askHomeOnce(flags: RunFlags & HomeFlags, signal: AbortSignal): Promise<void> {
  const prompt = promptOf(flags, flags.prompt ?? (await readPrompt(signal)));
  await askHome({ prompt, sampling: validateSampling(samplingOf(flags)), maxTokens: flags.length, stop: flags.stop }, flags, signal);
}

async function run(
  command: Command, given: RunFlags & WorldFlags, signal: AbortSignal, takeInterrupts: TakeInterrupts,
): Promise<void> {
  const { path, isGuide } = await chooseModel(given.modelPath);
  const flags = isGuide ? flagsForGuide(given, command) : given;
  const sampling = validateSampling(samplingOf(flags));
  // Where memory is short: what was read ahead of the program while it started, and is not in use, goes back first.
  if (windowChoice(flags).kind !== 'off') dropFromPageCacheIfThere([process.execPath]);
  const text = await TextModel.open(path);
  checkModelType(flags.modelType, text.opened.config.architecture);
  const interactive = flags.interactive ?? (flags.prompt === undefined && process.stdin.isTTY);
  const prompt = interactive ? null : promptOf(flags, flags.prompt ?? (await readPrompt(signal)));
  const contextTokens = flags.contextLength ??
    (prompt === null ? interactiveContext : text.encode(prompt).length + flags.length);
  const model = await LoadedModel.load(text, {
    dtype: flags.dtype ?? null,
    threads: flags.threads ?? null,
    contextTokens,
    kvDtype: flags.kvDtype,
    world: await worldOptions(flags, signal),
  }, showProgress, signal);
  endProgress();
  try {
    sayConversions(model);
    const ask = { sampling, maxTokens: flags.length, stop: flags.stop };
    if (prompt === null) await converse(model, flags, ask, takeInterrupts);
    else await answerOnce(model, flags, { ...ask, prompt }, signal);
  } finally {
    await model.close();
  }
}

/** Positions an interactive run makes room for, where `--context-length` does not say. */
const interactiveContext = 4096;

function samplingOf(flags: RunFlags): Sampling {
  const { temperature, k: topK, p: topP, minP, repetitionPenalty, seed } = flags;
  return { temperature, topK, topP, minP, repetitionPenalty, seed };
}

async function answerOnce(model: LoadedModel, flags: RunFlags, request: AnswerRequest, signal: AbortSignal): Promise<void> {
  const answer = await stream(model, request, signal);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(await reportOf(model, flags, answer))}\n`);
  else if (!signal.aborted) process.stderr.write(`${memoryLine((await model.report()).nodes)}\n`);
  if (signal.aborted) throw new InterruptedError('Stopped; the answer above is incomplete.');
}

/**
 * A prompt a line, each answered in turn; with --chat they are one conversation. Ctrl-C stops the answer under way and
 * nothing else; the nodes keep their slices for the next. Ctrl-C or Ctrl-D at the prompt ends the run.
 */
async function converse(
  model: LoadedModel, flags: RunFlags, ask: Omit<AnswerRequest, 'prompt'>, takeInterrupts: TakeInterrupts,
): Promise<void> {
  const prompts = new PromptLines();
  const messages: ChatMessage[] = flags.system === undefined ? [] : [{ role: 'system', content: flags.system }];
  let stop: AbortController | null = null;
  const release = takeInterrupts(() => (stop === null ? prompts.close() : stop.abort()));
  try {
    const next = (): Promise<string | null> => Promise.race([prompts.next(), model.lost]);
    for (let line = await next(); line !== null; line = await next()) {
      if (line.trim() === '') continue;
      stop = new AbortController();
      messages.push({ role: 'user', content: flags.prefix + line });
      const prompt: Prompt = flags.chat === true ? { kind: 'chat', messages } : { kind: 'text', text: flags.prefix + line };
      const answer = await stream(model, { ...ask, prompt }, stop.signal);
      stop = null;
      messages.push({ role: 'assistant', content: answer.text });
      if (flags.json === true) process.stdout.write(`${JSON.stringify(await reportOf(model, flags, answer))}\n`);
    }
  } finally {
    release();
    prompts.close();
  }
}

async function stream(model: LoadedModel, request: AnswerRequest, signal: AbortSignal): Promise<StreamedAnswer> {
  const answer = new StreamedAnswer();
  for await (const event of model.generate(request, signal)) answer.hear(event);
  answer.endLine();
  return answer;
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
