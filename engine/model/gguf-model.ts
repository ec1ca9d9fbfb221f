import { basename } from 'node:path';
import { ModelUnusableError } from '../errors.js';
import { readGguf, type GgufFile } from '../formats/gguf.js';
import { ModelFile } from '../formats/model-file.js';
import { quotedName } from '../formats/quoted-name.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import { configInvalid, configUnsupported } from './config-refusals.js';
import { modelFingerprint } from './fingerprint.js';
import { parseGgufConfig, ROPE_FACTORS } from './gguf-config.js';
import { canonicalName, ggufName } from './gguf-tensor-names.js';
import type { OpenedModel } from './opened-model.js';
import { pickTensors } from './required-tensors.js';

/** Older converters wrote RoPE's frequencies, which follow from the metadata. */
const UNREAD = /^blk\.\d+\.(attn_rot_embd|attn_rot_freqs|rope_freqs)(\.weight)?$/;

const MOST_ROPE_FACTORS = 2 ** 16;

/** Opens one GGUF file. */
export async function openGgufModel(file: string): Promise<OpenedModel> {
  const gguf = await readGguf(file);
  refuseSplit(gguf, file);
  const config = parseGgufConfig(gguf, file, await readRopeFactors(gguf, file));
  const canonical = new Map<string, TensorEntry>();
  for (const tensor of gguf.tensors) {
    const name = canonicalName(tensor.name);
    if (name !== null) canonical.set(name, { ...tensor, name });
  }
  const tensors = pickTensors(config, canonical, file, ggufName);
  refuseUnused(gguf, tensors, file, config.architecture);
  return {
    path: file,
    name: basename(file).replace(/\.gguf$/i, ''),
    format: 'gguf',
    config,
    tensors,
    tokenizer: { kind: 'gguf', file, metadata: gguf.metadata },
    fingerprint: await modelFingerprint('', [{ path: file, headerBytes: gguf.dataOffset }], tensors.values()),
  };
}

function refuseSplit({ metadata }: GgufFile, file: string): void {
  const parts = metadata.get('split.count') ?? 1;
  if (parts === 1 || parts === 0) return;
  throw new ModelUnusableError(
    'MODEL_SPLIT_GGUF', file, `it is one of ${quotedName(String(parts))} parts of a split GGUF model`,
    'Use a model in one GGUF file (join the parts with llama-gguf-split --merge).',
  );
}

/** A tensor left out would change the answers without a word. */
function refuseUnused(
  gguf: GgufFile, tensors: ReadonlyMap<string, TensorEntry>, file: string, architecture: string,
): void {
  for (const { name } of gguf.tensors) {
    if (name === ROPE_FACTORS || UNREAD.test(name) || tensors.has(canonicalName(name) ?? '')) continue;
    throw configUnsupported(file, `its tensor ${quotedName(name)} has no place in the ${architecture} architecture`);
  }
}

async function readRopeFactors({ tensors }: GgufFile, file: string): Promise<number[] | null> {
  const entry = tensors.find(({ name }) => name === ROPE_FACTORS);
  if (entry === undefined) return null;
  const values = entry.bytes / Float32Array.BYTES_PER_ELEMENT;
  if (entry.dtype !== 'f32' || values > MOST_ROPE_FACTORS) {
    throw configInvalid(file, `its ${ROPE_FACTORS} is no list of F32 values, one for each pair of a head`);
  }
  const bytes = await ModelFile.with(file, (source) => source.read(entry.offset, entry.bytes));
  return Array.from({ length: values }, (_, i) => bytes.readFloatLE(i * Float32Array.BYTES_PER_ELEMENT));
}
