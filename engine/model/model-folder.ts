import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { ModelUnusableError } from '../errors.js';
import { openGgufModel } from './gguf-model.js';
import { openHuggingFaceFolder, SHARD_INDEX, SINGLE_FILE } from './hugging-face-model.js';
import type { OpenedModel } from './opened-model.js';

export type { OpenedModel } from './opened-model.js';

/** Python's pickle under its usual names: reading one runs whatever code it holds. */
const PICKLES = /\.(bin|pt|pth|pkl|ckpt)$/i;

/**
 * Opens a model: a Hugging Face folder with model.safetensors or its shards, one .gguf file, or a folder that holds
 * one. Reads headers only: every tensor that the config needs is checked to be there, with its shape, before any weight
 * is read.
 * @throws ModelUnusableError naming the file, the reason and what to do.
 */
export async function openModel(path: string): Promise<OpenedModel> {
  const absolute = resolve(path);
  return (await isFolder(absolute)) ? openFolder(absolute) : openFile(absolute);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const advice = 'Give the path of a model folder or a .gguf file, or a name that `hearth models ls` shows.';
    throw new ModelUnusableError('MODEL_NOT_FOUND', path, 'there is nothing to be read', advice, { cause: error });
  }
}

async function openFolder(folder: string): Promise<OpenedModel> {
  const names = await listFolder(folder);
  if (names.has(SINGLE_FILE) || names.has(SHARD_INDEX)) return openHuggingFaceFolder(folder, names);
  const all = [...names].sort();
  const ggufs = all.filter((name) => extname(name).toLowerCase() === '.gguf');
  const [gguf, another] = ggufs;
  if (gguf !== undefined && another === undefined) return openGgufModel(join(folder, gguf));
  if (another !== undefined) {
    const advice = `Give the path of one of them, for example ${join(folder, another)}.`;
    throw new ModelUnusableError('MODEL_AMBIGUOUS', folder, `it holds ${ggufs.length} GGUF files`, advice, { values: { count: ggufs.length } });
  }
  const pickle = all.find((name) => PICKLES.test(name));
  if (pickle !== undefined) throw pickled(join(folder, pickle));
  throw new ModelUnusableError(
    'MODEL_NO_WEIGHTS', folder, `it holds no ${SINGLE_FILE}, no ${SHARD_INDEX} and no .gguf file`,
    'Give the folder of a downloaded model.',
  );
}

async function listFolder(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    const advice = 'Check who may read it.';
    throw new ModelUnusableError('MODEL_UNREADABLE', folder, 'the folder cannot be read', advice, { cause: error });
  }
}

function openFile(path: string): Promise<OpenedModel> {
  if (extname(path).toLowerCase() === '.gguf') return openGgufModel(path);
  if (PICKLES.test(path)) throw pickled(path);
  const advice = 'Give the path of a .gguf file, or of the folder that holds config.json and model.safetensors.';
  throw new ModelUnusableError('MODEL_FORMAT_UNKNOWN', path, 'it is not a .gguf file', advice);
}

function pickled(path: string): ModelUnusableError {
  return new ModelUnusableError(
    'MODEL_PICKLED', path, 'it is a pickle, which can run code when it is read and is never opened',
    "Pull the model's safetensors or GGUF version, or convert it with transformers' save_pretrained.",
  );
}
