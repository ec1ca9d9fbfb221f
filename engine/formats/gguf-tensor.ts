import type { ByteCursor } from './byte-cursor.js';
import { blockValues, dtypeBytes, type StoredDtype } from './dtype.js';
import { GgufInvalid, readName } from './gguf-metadata.js';
import { quotedName } from './quoted-name.js';

/** A tensor as a GGUF header declares it, before the place of the data section is known. */
export interface GgufTensor {
  name: string;
  dtype: StoredDtype;
  /** Row-major: GGUF's own order reversed. */
  shape: readonly number[];
  /** Bytes from the start of the data section. */
  offset: number;
  bytes: number;
}

/** A tensor of a type that no conversion exists for. */
export class GgufTypeUnsupported extends Error {}

const MOST_TENSORS = 2 ** 17;
const MOST_DIMENSIONS = 4;

/** By ggml's type numbers. */
const storedDtypes = new Map<number, StoredDtype>([
  [0, 'f32'], [1, 'f16'], [2, 'q4_0'], [3, 'q4_1'], [6, 'q5_0'], [7, 'q5_1'], [8, 'q8_0'], [12, 'q4_k'], [13, 'q5_k'],
  [14, 'q6_k'], [30, 'bf16'],
]);

/** Names of the types that exist and are not read, for the refusal. */
const otherTypes = new Map<number, string>([
  [9, 'Q8_1'], [10, 'Q2_K'], [11, 'Q3_K'], [15, 'Q8_K'], [16, 'IQ2_XXS'], [17, 'IQ2_XS'], [18, 'IQ3_XXS'],
  [19, 'IQ1_S'], [20, 'IQ4_NL'], [21, 'IQ3_S'], [22, 'IQ2_S'], [23, 'IQ4_XS'], [24, 'I8'], [25, 'I16'], [26, 'I32'],
  [27, 'I64'], [28, 'F64'], [29, 'IQ1_M'], [34, 'TQ1_0'], [35, 'TQ2_0'], [39, 'MXFP4'], [40, 'NVFP4'], [41, 'Q1_0'],
]);

/** Fewest bytes of one tensor's description: a name's length, dimensions, type and offset. */
const LEAST_BYTES = 8 + 4 + 4 + 8;

/** Reads the descriptions of `count` tensors. @throws GgufInvalid, GgufTypeUnsupported, NeedsMoreBytes. */
export function readTensors(cursor: ByteCursor, count: number): GgufTensor[] {
  if (count > MOST_TENSORS || !cursor.canHold(count * LEAST_BYTES)) {
    throw new GgufInvalid(`it gives ${count} tensors, more than it can hold`);
  }
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const tensor = readTensor(cursor);
    if (names.has(tensor.name)) throw new GgufInvalid(`its header names tensor ${quotedName(tensor.name)} twice`);
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

function readTensor(cursor: ByteCursor): GgufTensor {
  const name = readName(cursor);
  const dimensions = cursor.u32();
  if (dimensions === 0 || dimensions > MOST_DIMENSIONS) {
    throw new GgufInvalid(`tensor ${quotedName(name)} has ${dimensions} dimensions`);
  }
  const lengths = Array.from({ length: dimensions }, () => cursor.u64());
  const type = cursor.u32();
  const offset = cursor.u64();
  const dtype = storedDtypes.get(type);
  const values = lengths.reduce((product, length) => product * length, 1);
  // 2^48 values keep every byte count exact; no tensor comes near.
  if (values === 0 || values > 2 ** 48) {
    throw new GgufInvalid(`tensor ${quotedName(name)} has the impossible shape [${lengths.reverse().join(', ')}]`);
  }
  if (dtype === undefined) {
    const typeName = otherTypes.get(type);
    if (typeName === undefined) throw new GgufInvalid(`tensor ${quotedName(name)} has the unknown type ${type}`);
    throw new GgufTypeUnsupported(`tensor ${quotedName(name)} has type ${typeName}, which is not supported`);
  }
  const row = lengths[0] ?? 0;
  if (row % blockValues(dtype) !== 0) {
    throw new GgufInvalid(`tensor ${quotedName(name)} has rows of ${row} values, not whole blocks of ${dtype}`);
  }
  return { name, dtype, shape: lengths.reverse(), offset, bytes: dtypeBytes(dtype, values) };
}
