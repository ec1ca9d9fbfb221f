import { InvalidArgumentError, Option, type Command } from 'commander';
import { WrongUseError } from '../../engine/errors.js';
import { isNative, type Dtype } from '../../engine/formats/dtype.js';

/** The flags of `hearth run`, parsed. Names and defaults are the seed project's. */
export interface RunFlags {
  modelPath?: string;
  modelType?: string;
  prompt?: string;
  prefix: string;
  chat?: true;
  interactive?: true;
  system?: string;
  length: number;
  stop: string[];
  temperature: number;
  k: number;
  p: number;
  minP: number;
  repetitionPenalty: number;
  seed: number;
  dtype?: Dtype;
  threads?: number;
  contextLength?: number;
  kvDtype: 'f32' | 'f16';
  json?: true;
}

/** What every command that loads a model takes. */
export function addModelFlags(command: Command): Command {
  return command
    .option('--model-path <path>', 'a model folder, a GGUF file, or a name that `hearth models ls` shows')
    .option('--model-type <type>', 'checked against the model, for command lines of the seed project')
    .option('--dtype <type>', 'convert the weights on load: f32, bf16, f16, q8_0, q4_0 (default: as stored)', dtype)
    .option('--threads <n>', 'compute threads (default: physical cores)', wholeNumber(1, 1024));
}

/** What to ask and how to choose tokens. */
export function addPromptFlags(command: Command): Command {
  return command
    .option('--prompt <text>', 'the prompt (default: read from standard input)')
    .option('--prefix <text>', 'text put before the prompt', '')
    .option('--chat', 'treat the prompt as a chat message: apply the model’s chat template')
    .option('--interactive', 'answer a prompt a line (default on a terminal without --prompt)')
    .option('--system <text>', 'system prompt, with --chat')
    .option('--length <n>', 'most tokens to generate', wholeNumber(1, 2 ** 31), 20)
    .option('--stop <text>', 'end the answer at this text (may be given more than once)', collect, [])
    .option('--temperature <t>', '0 = always the best token', aNumber, 1)
    .option('--k <n>', 'keep the k best tokens; 0 = off', wholeNumber(0, 2 ** 31), 0)
    .option('--p <share>', 'keep the fewest tokens that reach this probability; 1 = off', aNumber, 0.9)
    .option('--min-p <share>', 'keep tokens at least this share as probable as the best; 0 = off', aNumber, 0)
    .option('--repetition-penalty <x>', 'above 1 discourages repeats; 1 = off', aNumber, 1)
    .option('--seed <n>', 'the same seed gives the same text', wholeNumber(0, Number.MAX_SAFE_INTEGER), 42)
    .option('--context-length <n>', 'positions to make room for (default: prompt and length)', wholeNumber(1, 2 ** 31))
    .addOption(new Option('--kv-dtype <type>', 'type of the KV cache').choices(['f32', 'f16']).default('f32'))
    .option('--json', 'print a report as one JSON object on the last line');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function dtype(value: string): Dtype {
  const name = value.toLowerCase();
  if (['f32', 'bf16', 'f16', 'q8_0', 'q4_0'].includes(name) && isNative(name as Dtype)) return name as Dtype;
  throw new InvalidArgumentError('Choose one of f32, bf16, f16, q8_0, q4_0.');
}

/** A parser for a whole number within bounds. */
export function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

function aNumber(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Give a number.');
  return number;
}

/** The seed's `--model-type` names the architecture; a wrong one is a mistake worth stopping for. */
export function checkModelType(asked: string | undefined, architecture: string): void {
  if (asked === undefined || asked.toLowerCase() === architecture) return;
  throw new WrongUseError(
    'WRONG_MODEL_TYPE',
    `--model-type is ${asked} but the model is of type ${architecture}: leave the flag out or choose another model.`,
  );
}
