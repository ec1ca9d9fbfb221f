import type { ByteCursor } from './byte-cursor.js';
import { quotedName } from './quoted-name.js';

/** A metadata value of a GGUF file; 64-bit integers become numbers where they are safe, else the file is refused. */
export type GgufValue = string | number | boolean | readonly GgufValue[];
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** A header that contradicts itself or the format; the reader adds the file's name. */
export class GgufInvalid extends Error {}

/** All array elements of one file together: sixteen times what the largest vocabularies need. */
const MOST_ELEMENTS = 2 ** 22;
const MOST_KEYS = 2 ** 16;
const LONGEST_KEY = 2 ** 16;
const DEEPEST_ARRAY = 4;

const STRING = 8;
const ARRAY = 9;

interface ScalarType {
  bytes: number;
  read(cursor: ByteCursor): string | number | boolean;
}

/** By GGUF's type numbers, with the fewest bytes a value takes. */
const scalarTypes = new Map<number, ScalarType>([
  [0, { bytes: 1, read: (cursor) => cursor.u8() }],
  [1, { bytes: 1, read: (cursor) => cursor.i8() }],
  [2, { bytes: 2, read: (cursor) => cursor.u16() }],
  [3, { bytes: 2, read: (cursor) => cursor.i16() }],
  [4, { bytes: 4, read: (cursor) => cursor.u32() }],
  [5, { bytes: 4, read: (cursor) => cursor.i32() }],
  [6, { bytes: 4, read: (cursor) => cursor.f32() }],
  [7, { bytes: 1, read: readBoolean }],
  [STRING, { bytes: 8, read: readString }],
  [10, { bytes: 8, read: (cursor) => safe(cursor.u64()) }],
  [11, { bytes: 8, read: (cursor) => safe(cursor.i64()) }],
  [12, { bytes: 8, read: (cursor) => cursor.f64() }],
]);

/** Reads `count` pairs of key and value. @throws GgufInvalid, NeedsMoreBytes. */
export function readMetadata(cursor: ByteCursor, count: number): GgufMetadata {
  if (count > MOST_KEYS) throw new GgufInvalid(`it gives ${count} metadata keys, more than any model has`);
  const metadata = new Map<string, GgufValue>();
  const budget = { elements: MOST_ELEMENTS };
  for (let i = 0; i < count; i++) {
    const key = readName(cursor);
    if (metadata.has(key)) throw new GgufInvalid(`its metadata names ${quotedName(key)} twice`);
    metadata.set(key, readValue(cursor, cursor.u32(), key, budget, 0));
  }
  return metadata;
}

/** A key or a tensor's name. */
export function readName(cursor: ByteCursor): string {
  const bytes = cursor.u64();
  if (bytes > LONGEST_KEY) throw new GgufInvalid(`it holds a name of ${bytes} bytes`);
  return cursor.text(bytes);
}

function readValue(
  cursor: ByteCursor, type: number, key: string, budget: { elements: number }, depth: number,
): GgufValue {
  if (type === ARRAY) return readArray(cursor, key, budget, depth);
  const scalar = scalarTypes.get(type);
  if (scalar === undefined) throw new GgufInvalid(`its metadata ${quotedName(key)} has the unknown type ${type}`);
  return scalar.read(cursor);
}

function readArray(cursor: ByteCursor, key: string, budget: { elements: number }, depth: number): GgufValue[] {
  if (depth >= DEEPEST_ARRAY) throw new GgufInvalid(`its metadata ${quotedName(key)} nests arrays too deeply`);
  const type = cursor.u32();
  const count = cursor.u64();
  const scalar = scalarTypes.get(type);
  const leastBytes = type === ARRAY ? 12 : (scalar?.bytes ?? 1);
  // Both are checked before the first element is kept: a count may be a lie.
  if (count > budget.elements) throw new GgufInvalid(`its metadata ${quotedName(key)} gives ${count} elements`);
  if (!cursor.canHold(count * leastBytes)) {
    throw new GgufInvalid(`its metadata ${quotedName(key)} gives ${count} elements, more than the file can hold`);
  }
  cursor.require(count * leastBytes);
  budget.elements -= count;
  const values: GgufValue[] = [];
  for (let i = 0; i < count; i++) {
    values.push(scalar === undefined ? readValue(cursor, type, key, budget, depth + 1) : scalar.read(cursor));
  }
  return values;
}

function readString(cursor: ByteCursor): string {
  const bytes = cursor.u64();
  if (!cursor.canHold(bytes)) throw new GgufInvalid(`it holds a text of ${bytes} bytes, more than the file can hold`);
  return cursor.text(bytes);
}

function readBoolean(cursor: ByteCursor): boolean {
  const value = cursor.u8();
  if (value > 1) throw new GgufInvalid(`it holds ${value} where true or false belongs`);
  return value === 1;
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new GgufInvalid(`it holds the number ${value}, beyond what can be exact`);
  return value;
}
