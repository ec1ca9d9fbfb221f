/** GGUF's type numbers of metadata values. */
export const GgufType = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

export type Typed =
  | { type: Exclude<keyof typeof GgufType, 'array' | 'string'>; value: number | bigint }
  | { type: 'string'; value: string }
  | { type: 'array'; of: keyof typeof GgufType; value: readonly Typed[] };

export const u32 = (value: number): Typed => ({ type: 'u32', value });
export const f32 = (value: number): Typed => ({ type: 'f32', value });
export const text = (value: string): Typed => ({ type: 'string', value });
export const texts = (values: readonly string[]): Typed => ({ type: 'array', of: 'string', value: values.map(text) });

export interface EncodedTensor {
  name: string;
  /** ggml's type number. */
  type: number;
  /** GGUF's order: the row's length first. */
  lengths: readonly number[];
  data: Uint8Array;
  /** Instead of the true one, for files that lie. */
  offset?: number;
}

export interface GgufPlan {
  version?: number;
  metadata: Record<string, Typed>;
  tensors: readonly EncodedTensor[];
  alignment?: number;
  /** Instead of the true counts. */
  counts?: { tensors?: bigint; metadata?: bigint };
}

/** Writes a GGUF file byte by byte, as the format's specification has it, to hold the reader against. */
export function encodeGguf({ version = 3, metadata, tensors, alignment = 32, counts = {} }: GgufPlan): Buffer {
  const head: Buffer[] = [
    Buffer.from('GGUF'),
    number('u32', version),
    number('u64', counts.tensors ?? BigInt(tensors.length)),
    number('u64', counts.metadata ?? BigInt(Object.keys(metadata).length)),
  ];
  for (const [key, value] of Object.entries(metadata))
    head.push(string(key), number('u32', GgufType[value.type]), encode(value));
  const data: Buffer[] = [];
  let end = 0;
  for (const tensor of tensors) {
    head.push(string(tensor.name), number('u32', tensor.lengths.length));
    for (const length of tensor.lengths) head.push(number('u64', BigInt(length)));
    head.push(number('u32', tensor.type), number('u64', BigInt(tensor.offset ?? end)));
    const padded = padding(Buffer.from(tensor.data), alignment);
    data.push(padded);
    end += padded.length;
  }
  return Buffer.concat([padding(Buffer.concat(head), alignment), ...data]);
}

function encode(typed: Typed): Buffer {
  if (typed.type === 'string') return string(typed.value);
  if (typed.type !== 'array') return number(typed.type, typed.value);
  return Buffer.concat([
    number('u32', GgufType[typed.of]),
    number('u64', BigInt(typed.value.length)),
    ...typed.value.map(encode),
  ]);
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([number('u64', BigInt(bytes.length)), bytes]);
}

function number(type: keyof typeof GgufType, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  const plain = Number(value);
  switch (type) {
    case 'u8':
    case 'bool':
      return cut(bytes, bytes.writeUInt8(plain));
    case 'i8':
      return cut(bytes, bytes.writeInt8(plain));
    case 'u16':
      return cut(bytes, bytes.writeUInt16LE(plain));
    case 'i16':
      return cut(bytes, bytes.writeInt16LE(plain));
    case 'u32':
      return cut(bytes, bytes.writeUInt32LE(plain));
    case 'i32':
      return cut(bytes, bytes.writeInt32LE(plain));
    case 'f32':
      return cut(bytes, bytes.writeFloatLE(plain));
    case 'f64':
      return cut(bytes, bytes.writeDoubleLE(plain));
    case 'u64':
      return cut(bytes, bytes.writeBigUInt64LE(BigInt(value)));
    case 'i64':
      return cut(bytes, bytes.writeBigInt64LE(BigInt(value)));
    default:
      throw new Error(`${type} is not a number`);
  }
}

function cut(bytes: Buffer, length: number): Buffer {
  return bytes.subarray(0, length);
}

function padding(bytes: Buffer, alignment: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}
