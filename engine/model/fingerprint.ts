import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { ModelFile } from '../formats/model-file.js';
import type { TensorEntry } from '../formats/tensor-entry.js';

/** A file of weights, and how many of its first bytes are its header. */
export interface WeightFile {
  path: string;
  headerBytes: number;
}

const PIECE = 1 << 20;
const SAMPLED_TENSORS = 64;
const SAMPLE_BYTES = 256;

/**
 * SHA-256 (hex) that tells one model from another without reading all its weights: over the config, the names, sizes
 * and headers of its files, and a few bytes from the middle of up to 64 tensors, so that weights trained further under
 * the same names are told apart. The same model in another folder has the same fingerprint.
 */
export async function modelFingerprint(
  config: string, files: readonly WeightFile[], tensors: Iterable<TensorEntry>,
): Promise<string> {
  const samples = spread([...tensors], SAMPLED_TENSORS);
  const hash = createHash('sha256').update(`config ${Buffer.byteLength(config)}\n${config}`);
  for (const { path, headerBytes } of files) {
    await ModelFile.with(path, async (file) => {
      hash.update(`\nfile ${JSON.stringify(basename(path))} ${file.size} ${headerBytes}\n`);
      for (let at = 0; at < headerBytes; at += PIECE) {
        hash.update(await file.read(at, Math.min(PIECE, headerBytes - at)));
      }
      for (const tensor of samples) if (tensor.file === path) hash.update(await sample(file, tensor));
    });
  }
  return hash.digest('hex');
}

async function sample(file: ModelFile, { offset, bytes }: TensorEntry): Promise<Buffer> {
  const length = Math.min(SAMPLE_BYTES, bytes);
  return file.read(offset + Math.floor((bytes - length) / 2), length);
}

/** At most `most` of the items, evenly spread over all of them. */
function spread<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, items.length / most);
  return items.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
