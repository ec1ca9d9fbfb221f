import type { Command } from 'commander';
import { findModel, listModels } from '../../engine/catalogue/model-cache.js';
import { WrongUseError } from '../../engine/errors.js';
import { guideAnswerTokens, guideModelPath, guideSliceFolder } from '../guide-model.js';
import type { RunFlags } from './run-options.js';
import type { WorldFlags } from './world-options.js';

export interface ChosenModel {
  /** A model folder or GGUF file. */
  path: string;
  /** Whether it is the small model that comes with Hearth. */
  isGuide: boolean;
}

/**
 * The model that `--model-path` means. Without the flag it is the one model that is here, or the guide where there is none;
 * which one answers is said on standard error.
 *
 * @throws WrongUseError NO_MODEL naming the models, where there are several to choose from.
 */
export async function chooseModel(asked: string | undefined): Promise<ChosenModel> {
  if (asked !== undefined) return { path: await findModel(asked), isGuide: false };
  const whole = (await listModels()).filter((model) => model.complete);
  const only = whole[0];
  if (only === undefined) {
    say('The guide answers, a tiny model that only knows Hearth; `hearth models pull <owner/repo>` fetches a bigger one.');
    return { path: guideModelPath(), isGuide: true };
  }
  if (whole.length > 1) {
    const names = whole.map((model) => model.name).join(', ');
    throw new WrongUseError('NO_MODEL', `Name a model with --model-path. These are here: ${names}.`);
  }
  say(`${only.name} answers, the one model that is here.`);
  return { path: await findModel(only.name), isGuide: false };
}

/** What suits the guide wherever `command` was not told otherwise: it only chats, was measured greedy, and answers briefly. */
export function flagsForGuide<F extends Partial<RunFlags> & WorldFlags>(flags: F, command: Command): F {
  const isFree = (name: keyof (RunFlags & WorldFlags)): boolean => command.getOptionValueSource(name) !== 'cli';
  return {
    ...flags,
    chat: true,
    ...(isFree('length') ? { length: guideAnswerTokens } : {}),
    ...(isFree('temperature') ? { temperature: 0 } : {}),
    ...(isFree('saveDir') ? { saveDir: guideSliceFolder() } : {}),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
