import { basename, join } from 'node:path';
import { ModelUnusableError } from '../errors.js';
import type { TokenizerSource } from '../tokenizer/tokenizer-source.js';
import { modelFingerprint } from './fingerprint.js';
import { parseHuggingFaceConfig } from './hugging-face-config.js';
import { readJsonFile, readTextFile } from './json-file.js';
import type { OpenedModel } from './opened-model.js';
import { pickTensors } from './required-tensors.js';
import { shardedWeights, singleFileWeights } from './safetensors-weights.js';

export const SINGLE_FILE = 'model.safetensors';
export const SHARD_INDEX = 'model.safetensors.index.json';

/**
 * Opens a folder in Hugging Face's layout.
 * @param names of the files in the folder.
 */
export async function openHuggingFaceFolder(folder: string, names: ReadonlySet<string>): Promise<OpenedModel> {
  const configPath = join(folder, 'config.json');
  if (!names.has('config.json')) throw missing(configPath, 'the folder holds weights and no config.json');
  const { text, json } = await readJsonFile(configPath);
  const config = parseHuggingFaceConfig(json, configPath);
  const weights = names.has(SINGLE_FILE)
    ? await singleFileWeights(join(folder, SINGLE_FILE))
    : await shardedWeights(join(folder, SHARD_INDEX), folder);
  const source = weights.files.length === 1 ? (weights.files[0]?.path ?? folder) : folder;
  const tensors = pickTensors(config, weights.tensors, source);
  return {
    path: folder,
    name: basename(folder),
    format: 'safetensors',
    config,
    tensors,
    tokenizer: await readTokenizer(folder, names, json),
    fingerprint: await modelFingerprint(text, weights.files, tensors.values()),
  };
}

async function readTokenizer(
  folder: string, names: ReadonlySet<string>, modelConfig: Record<string, unknown>,
): Promise<TokenizerSource> {
  const file = join(folder, 'tokenizer.json');
  if (!names.has('tokenizer.json')) throw missing(file, 'the folder has no tokenizer.json');
  const optional = async (name: string) => (names.has(name) ? (await readJsonFile(join(folder, name))).json : {});
  return {
    kind: 'huggingface',
    file,
    tokenizerJson: (await readJsonFile(file)).json,
    tokenizerConfig: await optional('tokenizer_config.json'),
    generationConfig: await optional('generation_config.json'),
    modelConfig,
    chatTemplateFile: names.has('chat_template.jinja') ? await readTextFile(join(folder, 'chat_template.jinja')) : null,
  };
}

function missing(path: string, reason: string): ModelUnusableError {
  return new ModelUnusableError('MODEL_FILE_MISSING', path, reason, 'Download the complete model.');
}
