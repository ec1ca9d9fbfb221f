import { ModelUnusableError } from '../errors.js';
import { ByteCursor, NeedsMoreBytes } from './byte-cursor.js';
import { GgufInvalid, readMetadata, type GgufMetadata } from './gguf-metadata.js';
import { GgufTypeUnsupported, readTensors, type GgufTensor } from './gguf-tensor.js';
import { ModelFile, truncated } from './model-file.js';
import { quotedName } from './quoted-name.js';
import type { TensorEntry } from './tensor-entry.js';

export type { GgufMetadata, GgufValue } from './gguf-metadata.js';

export interface GgufFile {
  metadata: GgufMetadata;
  /** Under GGUF's own names, shapes row-major. */
  tensors: TensorEntry[];
  /** Where the data section begins, in bytes from the start of the file. */
  dataOffset: number;
}

const MAGIC = 0x46554747; // 'GGUF', little endian
/** Holds the header of a vocabulary of 128 thousand tokens, so that it is parsed once. */
const FIRST_CHUNK = 1 << 23;
/** Ten times the header of the largest vocabularies. */
const LONGEST_HEADER = 1 << 27;
const DEFAULT_ALIGNMENT = 32;
const LARGEST_ALIGNMENT = 1 << 20;

/**
 * Reads and checks the header of a GGUF file, version 2 or 3, little endian. Nothing of the data is read, and nothing
 * is allocated for a count before the file has been seen to be long enough for it.
 * @throws ModelUnusableError MODEL_FILE_MISSING, MODEL_UNREADABLE, MODEL_TRUNCATED, MODEL_HEADER_INVALID,
 *   MODEL_TENSOR_TYPE.
 */
export async function readGguf(file: string): Promise<GgufFile> {
  return ModelFile.with(file, async (source) => {
    let chunk = Math.min(FIRST_CHUNK, source.size);
    for (;;) {
      try {
        return parse(new ByteCursor(await source.read(0, chunk), source.size), file);
      } catch (error) {
        if (!(error instanceof NeedsMoreBytes)) throw refusal(file, error);
        if (error.upTo > source.size) throw truncated(file, `it ends inside its header, at byte ${source.size}`);
        if (error.upTo > LONGEST_HEADER) throw invalid(file, `its header is longer than ${LONGEST_HEADER} bytes`);
        // Parsing starts again each time; growing fourfold keeps that to a third more work in all.
        chunk = Math.min(Math.max(chunk * 4, error.upTo), LONGEST_HEADER, source.size);
      }
    }
  });
}

function parse(cursor: ByteCursor, file: string): GgufFile {
  if (cursor.u32() !== MAGIC) throw new GgufInvalid('it is not a GGUF file');
  checkVersion(cursor.u32());
  const tensorCount = cursor.u64();
  const metadata = readMetadata(cursor, cursor.u64());
  const tensors = readTensors(cursor, tensorCount);
  const alignment = readAlignment(metadata);
  const dataOffset = Math.ceil(cursor.position / alignment) * alignment;
  checkPlaces(file, tensors, alignment, cursor.fileSize, dataOffset);
  return {
    metadata,
    tensors: tensors.map((tensor) => ({ ...tensor, file, offset: dataOffset + tensor.offset })),
    dataOffset,
  };
}

function checkVersion(version: number): void {
  if (version === 2 || version === 3) return;
  if ((version & 0xffff) === 0) throw new GgufInvalid('it is big endian, and only little endian files are read');
  throw new GgufInvalid(`it is GGUF version ${version}, and only versions 2 and 3 are read`);
}

function readAlignment(metadata: GgufMetadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPowerOfTwo = typeof alignment === 'number' && Number.isInteger(Math.log2(alignment));
  if (!isPowerOfTwo || alignment < 1 || alignment > LARGEST_ALIGNMENT) {
    throw new GgufInvalid(`its general.alignment is ${quotedName(String(alignment))}, not a power of two`);
  }
  return alignment;
}

/** Every tensor begins at the alignment, lies in the file, and shares no byte with another. */
function checkPlaces(
  file: string, tensors: readonly GgufTensor[], alignment: number, fileSize: number, dataOffset: number,
): void {
  let end = 0;
  for (const { name, offset, bytes } of [...tensors].sort((a, b) => a.offset - b.offset)) {
    if (offset % alignment !== 0) throw new GgufInvalid(`tensor ${quotedName(name)} begins off the alignment`);
    if (offset < end) throw new GgufInvalid(`tensor ${quotedName(name)} overlaps the tensor before it`);
    end = offset + bytes;
    if (dataOffset + end > fileSize) {
      throw truncated(file, `it ends at byte ${fileSize}, before tensor ${quotedName(name)} does`);
    }
  }
}

function refusal(file: string, error: unknown): unknown {
  if (error instanceof GgufInvalid) return invalid(file, error.message, error);
  if (error instanceof GgufTypeUnsupported) {
    const advice = 'Use a version in F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q5_1, Q5_0, Q4_K, Q4_1 or Q4_0.';
    return new ModelUnusableError('MODEL_TENSOR_TYPE', file, error.message, advice, { cause: error });
  }
  return error;
}

function invalid(file: string, reason: string, cause?: unknown): ModelUnusableError {
  const advice = 'Download the model again, or convert it anew to GGUF version 3.';
  return new ModelUnusableError('MODEL_HEADER_INVALID', file, reason, advice, { cause });
}
