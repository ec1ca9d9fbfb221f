import { ModelUnusableError } from '../errors.js';
import { truncated } from './model-file.js';
import { quotedName } from './quoted-name.js';

/** One tensor as a safetensors header declares it, with the dtype in the file's own spelling (`F32`, `U8`, …). */
export interface SafetensorsTensor {
  name: string;
  dtype: string;
  shape: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  bytes: number;
}

/** Bytes per value, by the format's own names. Types of less than a byte are left out: no weight we read has one. */
const valueBytes = new Map([
  ['BOOL', 1], ['U8', 1], ['I8', 1], ['F8_E5M2', 1], ['F8_E4M3', 1], ['F8_E8M0', 1],
  ['U16', 2], ['I16', 2], ['F16', 2], ['BF16', 2],
  ['U32', 4], ['I32', 4], ['F32', 4],
  ['U64', 8], ['I64', 8], ['F64', 8], ['C64', 8],
]);

/** More dimensions than any weight has; bounds what is kept per tensor. */
const MOST_DIMENSIONS = 8;

/**
 * Checks every tensor of a header and that together they fill the data section, without a hole or an overlap.
 * @returns the tensors in the order of their bytes, with offsets from the start of the file.
 */
export function tensorsInOrder(
  file: string, entries: Record<string, unknown>, dataOffset: number, fileSize: number,
): SafetensorsTensor[] {
  const tensors = Object.entries(entries).map(([name, entry]) => parseTensor(file, name, entry, dataOffset));
  // Empty tensors first where offsets are equal, so that only true overlaps look like one.
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let end = dataOffset;
  for (const tensor of tensors) {
    if (tensor.offset !== end) {
      const what = tensor.offset < end ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw invalid(file, `tensor ${quotedName(tensor.name)} ${what}`);
    }
    end = tensor.offset + tensor.bytes;
  }
  if (end > fileSize) throw truncated(file, `it has ${fileSize} of the ${end} bytes that its header describes`);
  if (end < fileSize) throw invalid(file, `${fileSize - end} bytes at its end belong to no tensor`);
  return tensors;
}

function parseTensor(file: string, name: string, entry: unknown, dataOffset: number): SafetensorsTensor {
  const refuse = (what: string) => invalid(file, `tensor ${quotedName(name)} ${what}`);
  if (typeof entry !== 'object' || entry === null) throw refuse('is not described by a JSON object');
  const { dtype, shape, data_offsets: range } = entry as Record<string, unknown>;
  if (typeof dtype !== 'string') throw refuse('has no dtype');
  const size = valueBytes.get(dtype);
  if (size === undefined) throw refuse(`has the unknown dtype ${quotedName(dtype)}`);
  if (!isCounts(shape) || shape.length > MOST_DIMENSIONS) throw refuse('has no valid shape');
  if (!isCounts(range) || range.length !== 2) throw refuse('has no valid data_offsets');
  const [start = 0, end = 0] = range;
  const bytes = shape.reduce((product, length) => product * length, size);
  if (!Number.isSafeInteger(bytes) || end - start !== bytes) {
    throw refuse(`has ${end - start} bytes where its shape [${shape.join(', ')}] and dtype ${dtype} need ${bytes}`);
  }
  return { name, dtype, shape, offset: dataOffset + start, bytes };
}

/** Largest count taken at its word: a petabyte, so that sums of a few stay exact. */
const MOST = 2 ** 50;

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isInteger(count) && count >= 0 && count <= MOST);
}

function invalid(file: string, reason: string): ModelUnusableError {
  return new ModelUnusableError('MODEL_HEADER_INVALID', file, reason, 'Download the model again.');
}
