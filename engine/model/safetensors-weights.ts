import { basename, join } from 'node:path';
import { ModelUnusableError } from '../errors.js';
import { quotedName } from '../formats/quoted-name.js';
import { readSafetensorsFile, weightEntries } from '../formats/safetensors.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { WeightFile } from './fingerprint.js';
import { readJsonFile } from './json-file.js';

export interface SafetensorsWeights {
  tensors: Map<string, TensorEntry>;
  files: WeightFile[];
}

/** All tensors of one safetensors file. */
export async function singleFileWeights(path: string): Promise<SafetensorsWeights> {
  const file = await readSafetensorsFile(path);
  const tensors = new Map(weightEntries(path, file).map((entry) => [entry.name, entry]));
  return { tensors, files: [{ path, headerBytes: file.dataOffset }] };
}

/**
 * All tensors of a checkpoint whose index names the file of each.
 * @throws ModelUnusableError MODEL_INDEX_INVALID, MODEL_SHARD_MISSING, MODEL_TENSOR_MISSING, and what the shards give.
 */
export async function shardedWeights(indexPath: string, folder: string): Promise<SafetensorsWeights> {
  const placed = await readIndex(indexPath);
  const weights: SafetensorsWeights = { tensors: new Map(), files: [] };
  for (const [shard, names] of [...placed].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { tensors, files } = await openShard(join(folder, shard));
    for (const name of names) {
      const entry = tensors.get(name);
      if (entry === undefined) throw missingTensor(join(folder, shard), name, indexPath);
      weights.tensors.set(name, entry);
    }
    weights.files.push(...files);
  }
  return weights;
}

/** Tensor names by shard. */
async function readIndex(indexPath: string): Promise<Map<string, string[]>> {
  const { weight_map: weightMap } = (await readJsonFile(indexPath)).json;
  if (typeof weightMap !== 'object' || weightMap === null || Object.keys(weightMap).length === 0) {
    throw indexInvalid(indexPath, 'it has no weight_map');
  }
  const placed = new Map<string, string[]>();
  for (const [name, shard] of Object.entries(weightMap)) {
    // Only plain names: an index must not reach files outside its folder.
    if (typeof shard !== 'string' || !/^[\w][\w.-]*\.safetensors$/.test(shard)) {
      const place = quotedName(String(shard));
      throw indexInvalid(indexPath, `it places ${quotedName(name)} in ${place}, not a .safetensors file beside it`);
    }
    const names = placed.get(shard);
    if (names === undefined) placed.set(shard, [name]);
    else names.push(name);
  }
  return placed;
}

async function openShard(path: string): Promise<SafetensorsWeights> {
  try {
    return await singleFileWeights(path);
  } catch (error) {
    if (!(error instanceof ModelUnusableError) || error.code !== 'MODEL_FILE_MISSING') throw error;
    throw new ModelUnusableError(
      'MODEL_SHARD_MISSING', path, 'the index names this file and it is not there', 'Download the missing file.',
      { cause: error },
    );
  }
}

function missingTensor(shard: string, name: string, indexPath: string): ModelUnusableError {
  return new ModelUnusableError(
    'MODEL_TENSOR_MISSING', shard, `tensor ${quotedName(name)}, which ${basename(indexPath)} places here, is missing`,
    'Download the model again.', { values: { tensor: quotedName(name) } },
  );
}

function indexInvalid(indexPath: string, reason: string): ModelUnusableError {
  return new ModelUnusableError('MODEL_INDEX_INVALID', indexPath, reason, 'Download this file again.');
}
