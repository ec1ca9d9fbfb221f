import type { Command } from 'commander';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { fetchAdvice, findCachedModel, listModels, removeModel } from '../../engine/catalogue/model-cache.js';
import { pullModel } from '../../engine/catalogue/model-download.js';
import { modelsFolder } from '../../engine/catalogue/models-folder.js';
import { checkModel } from '../../engine/catalogue/verify-model.js';
import { ModelUnusableError } from '../../engine/errors.js';
import { formatBytes } from '../../engine/report/readable-amounts.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';

/** `hearth models pull|ls|rm|verify`. */
export function registerModels(program: Command): void {
  const models = program.command('models').description('fetch, list, check and remove models');
  models
    .command('pull')
    .description('download a model from Hugging Face; an interrupted download goes on where it stopped')
    .argument('<model>', 'owner/repo, owner/repo:Q4_K_M or owner/repo:file.gguf, each with @revision if wanted')
    .action((model: string) => runCommand((signal) => pull(model, signal)));
  models
    .command('ls')
    .description('list the models that are here')
    .option('--json', 'print one JSON object')
    .action((options: { json?: true }) => runCommand(() => list(options.json === true)));
  models
    .command('rm')
    .description('delete a model')
    .argument('<name>', 'a name that `hearth models ls` shows')
    .action((name: string) => runCommand(() => remove(name)));
  models
    .command('verify')
    .description("compare a model's files with their checksums")
    .argument('<name>', 'a name that `hearth models ls` shows')
    .action((name: string) => runCommand((signal) => verify(name, signal)));
}

async function pull(reference: string, signal: AbortSignal): Promise<void> {
  const onNotice = (line: string): void => {
    endProgress();
    process.stderr.write(`hearth: ${line}\n`);
  };
  const model = await pullModel(reference, { signal, onProgress: showProgress, onNotice });
  endProgress();
  process.stdout.write(`${model.name} is here (${formatBytes(model.totalBytes)}, checksums agree):\n${model.path}\n`);
}

async function list(json: boolean): Promise<void> {
  const models = await listModels();
  if (json) {
    process.stdout.write(`${JSON.stringify({ folder: modelsFolder(), models: models.map(jsonRow) })}\n`);
    return;
  }
  if (models.length === 0) {
    process.stdout.write('No models are here yet. Fetch one with `hearth models pull <owner/repo>`.\n');
    return;
  }
  process.stdout.write(alignColumns([['NAME', 'FORMAT', 'DTYPE', 'SIZE', 'STATE', 'PATH'], ...models.map(textRow)]));
}

async function remove(name: string): Promise<void> {
  const model = await removeModel(name);
  process.stdout.write(`Removed ${model.name} (${formatBytes(model.presentBytes)}).\n`);
}

async function verify(name: string, signal: AbortSignal): Promise<void> {
  const model = await findCachedModel(name);
  if (model.record === null) {
    process.stdout.write(`${model.name} was put here by hand: there are no checksums to compare with.\n`);
    return;
  }
  const damaged = await checkModel(model, { signal, onProgress: showProgress });
  if (damaged.length > 0) {
    const reason = `${damaged.join(', ')} ${damaged.length === 1 ? 'is' : 'are'} missing or damaged`;
    throw new ModelUnusableError('MODEL_DAMAGED', model.name, reason, fetchAdvice(model), { values: { damaged } });
  }
  endProgress();
  process.stdout.write(`${model.name} is whole: every checksum agrees.\n`);
}

function jsonRow(model: CachedModel): Record<string, string | number | boolean | null> {
  const { name, format, dtype, path, complete } = model;
  return { name, format, dtype, size: model.totalBytes, present: model.presentBytes, complete, path };
}

function textRow(model: CachedModel): string[] {
  const percent = model.totalBytes === 0 ? 0 : Math.floor((model.presentBytes / model.totalBytes) * 100);
  const state = model.complete ? 'complete' : `partial ${percent}%`;
  return [model.name, model.format, model.dtype ?? '-', formatBytes(model.totalBytes), state, model.path];
}

function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
