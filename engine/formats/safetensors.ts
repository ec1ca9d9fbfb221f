import { ModelUnusableError } from '../errors.js';
import type { StoredDtype } from './dtype.js';
import { duplicateKey } from './duplicate-key.js';
import { ModelFile, truncated } from './model-file.js';
import { quotedName } from './quoted-name.js';
import { tensorsInOrder, type SafetensorsTensor } from './safetensors-tensor.js';
import type { TensorEntry } from './tensor-entry.js';

export type { SafetensorsTensor } from './safetensors-tensor.js';

export interface SafetensorsFile {
  metadata: Record<string, string>;
  /** In the order of their bytes in the file. */
  tensors: SafetensorsTensor[];
  /** Where the data section begins, in bytes from the start of the file. */
  dataOffset: number;
}

/** A tensor to be written: its bytes follow those of the one before it. */
export interface SafetensorsPart {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: number;
}

/** The bound that the format itself sets on its header. */
const LONGEST_HEADER = 100_000_000;
const LENGTH_BYTES = 8;
/** Filler between tensors and up to whole pages; holds no weights. */
const PADDING = /^_padding(\..*)?$/;

const storedDtypes: Record<string, StoredDtype> = { F32: 'f32', BF16: 'bf16', F16: 'f16' };

/**
 * Reads and checks the header of a safetensors file: every tensor's bytes equal shape x dtype, lie in the file, and
 * together fill it without a hole or an overlap. Nothing of the data is read.
 * @throws ModelUnusableError MODEL_FILE_MISSING, MODEL_UNREADABLE, MODEL_TRUNCATED, MODEL_HEADER_INVALID.
 */
export async function readSafetensorsFile(file: string): Promise<SafetensorsFile> {
  return ModelFile.with(file, async (source) => {
    if (source.size < LENGTH_BYTES + 2) throw truncated(file, `it has only ${source.size} bytes`);
    const length = (await source.read(0, LENGTH_BYTES)).readBigUInt64LE();
    if (length > LONGEST_HEADER) {
      throw invalid(file, `its first bytes give a header of ${length} bytes, beyond the format's ${LONGEST_HEADER}`);
    }
    const dataOffset = LENGTH_BYTES + Number(length);
    if (dataOffset > source.size) throw truncated(file, `it ends inside its header, at byte ${source.size}`);
    const header = parseHeader(file, (await source.read(LENGTH_BYTES, Number(length))).toString('utf8'));
    const { __metadata__: metadata, ...entries } = header;
    return {
      metadata: parseMetadata(file, metadata),
      tensors: tensorsInOrder(file, entries, dataOffset, source.size),
      dataOffset,
    };
  });
}

/**
 * The tensors of a checkpoint's safetensors file, with offsets from the start of the file.
 * @throws ModelUnusableError as {@link readSafetensorsFile}, and MODEL_TENSOR_TYPE for a dtype that is not F32, BF16 or
 *   F16.
 */
export async function readSafetensorsHeader(file: string): Promise<TensorEntry[]> {
  return weightEntries(file, await readSafetensorsFile(file));
}

/** Like {@link readSafetensorsHeader}, of a file that has been read already. */
export function weightEntries(file: string, { tensors }: SafetensorsFile): TensorEntry[] {
  return tensors
    .filter(({ name, dtype }) => !(dtype === 'U8' && PADDING.test(name)))
    .map(({ name, dtype, shape, offset, bytes }) => {
      const stored = Object.hasOwn(storedDtypes, dtype) ? storedDtypes[dtype] : undefined;
      if (stored === undefined) {
        throw new ModelUnusableError(
          'MODEL_TENSOR_TYPE',
          file,
          `tensor ${quotedName(name)} has type ${quotedName(dtype)}, which is not one of F32, BF16 and F16`,
          'Use a version of the model in one of those types.',
        );
      }
      return { name, file, offset, bytes, dtype: stored, shape };
    });
}

/**
 * The header of a safetensors file whose tensors follow one another, padded with spaces so that the data begins at a
 * multiple of `alignTo` bytes.
 */
export function encodeSafetensorsHeader(
  tensors: readonly SafetensorsPart[],
  metadata: Record<string, string>,
  { alignTo }: { alignTo: number },
): Uint8Array {
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header.push([name, { dtype, shape, data_offsets: [end, end + bytes] }]);
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8');
  const total = Math.ceil((LENGTH_BYTES + json.length) / alignTo) * alignTo;
  const encoded = Buffer.alloc(total, ' ');
  encoded.writeBigUInt64LE(BigInt(total - LENGTH_BYTES));
  json.copy(encoded, LENGTH_BYTES);
  return encoded;
}

function parseHeader(file: string, json: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (error) {
    throw invalid(file, 'its header is not JSON', error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw invalid(file, 'its header is not a JSON object');
  }
  const duplicate = duplicateKey(json);
  if (duplicate !== null) throw invalid(file, `its header names ${quotedName(duplicate)} twice`);
  return header as Record<string, unknown>;
}

function parseMetadata(file: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (typeof metadata !== 'object' || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw invalid(file, 'its metadata is not a list of texts');
  }
  return metadata as Record<string, string>;
}

function invalid(file: string, reason: string, cause?: unknown): ModelUnusableError {
  return new ModelUnusableError('MODEL_HEADER_INVALID', file, reason, 'Download the model again.', { cause });
}
