import type { Dtype } from '../../engine/formats/dtype.js';
import type { ModelShape, ShapedTensor } from './model-shape.js';

/** Tensor data begins, and every tensor begins, at a multiple of this (GGUF's default alignment). */
const alignment = 32;

/** Numbers of the GGUF specification (version 3). */
const valueTypes = { u32: 4, i32: 5, f32: 6, string: 8, array: 9 } as const;
const tensorTypes: Record<Dtype, number> = { f32: 0, f16: 1, q4_0: 2, q8_0: 8, bf16: 30 };

export const padded = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Writes GGUF's little-endian values one after the other. */
class GgufBytes {
  readonly #parts: Buffer[] = [];

  u32(value: number): this {
    return this.#put(4, (bytes) => bytes.writeUInt32LE(value));
  }

  u64(value: number): this {
    return this.#put(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value)));
  }

  f32(value: number): this {
    return this.#put(4, (bytes) => bytes.writeFloatLE(value));
  }

  string(text: string): this {
    const bytes = Buffer.from(text);
    this.u64(bytes.length).#parts.push(bytes);
    return this;
  }

  /** Head of a metadata entry. */
  key(name: string, type: number): this {
    return this.string(name).u32(type);
  }

  array(name: string, type: number, length: number): this {
    return this.key(name, valueTypes.array).u32(type).u64(length);
  }

  done(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #put(size: number, write: (bytes: Buffer) => void): this {
    const bytes = Buffer.alloc(size);
    write(bytes);
    this.#parts.push(bytes);
    return this;
  }
}

/** SentencePiece's kinds of token. */
const tokenKinds = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

/** A vocabulary that says nothing but is whole: specials, every byte, then made-up words, the likelier first. */
export function syntheticVocabulary(size: number): { text: string; kind: number; score: number }[] {
  const specials = [
    { text: '<unk>', kind: tokenKinds.unknown, score: 0 },
    { text: '<s>', kind: tokenKinds.control, score: 0 },
    { text: '</s>', kind: tokenKinds.control, score: 0 },
  ];
  const bytes = Array.from({ length: 256 }, (_, byte) => {
    return { text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, kind: tokenKinds.byte, score: 0 };
  });
  const words = Array.from({ length: size - 259 }, (_, index) => ({ text: `▁${index.toString(36)}`, kind: tokenKinds.normal, score: -index }));
  return [...specials, ...bytes, ...words];
}

function writeMetadata(out: GgufBytes, name: string, shape: ModelShape): number {
  const { u32, f32, string, i32 } = valueTypes;
  const headDim = shape.dim / shape.heads;
  const integers: [string, number][] = [
    ['llama.block_count', shape.layers], ['llama.context_length', shape.contextLength], ['llama.embedding_length', shape.dim],
    ['llama.feed_forward_length', shape.ffnDim], ['llama.attention.head_count', shape.heads],
    ['llama.attention.head_count_kv', shape.kvHeads], ['llama.rope.dimension_count', headDim], ['llama.vocab_size', shape.vocab],
    ['tokenizer.ggml.unknown_token_id', 0], ['tokenizer.ggml.bos_token_id', 1], ['tokenizer.ggml.eos_token_id', 2],
  ];
  const vocabulary = syntheticVocabulary(shape.vocab);
  out.key('general.architecture', string).string('llama').key('general.name', string).string(name);
  for (const [key, value] of integers) out.key(key, u32).u32(value);
  out.key('llama.attention.layer_norm_rms_epsilon', f32).f32(1e-5).key('llama.rope.freq_base', f32).f32(shape.ropeTheta);
  out.key('tokenizer.ggml.model', string).string('llama').array('tokenizer.ggml.tokens', string, vocabulary.length);
  for (const token of vocabulary) out.string(token.text);
  out.array('tokenizer.ggml.scores', f32, vocabulary.length);
  for (const token of vocabulary) out.f32(token.score);
  out.array('tokenizer.ggml.token_type', i32, vocabulary.length);
  for (const token of vocabulary) out.u32(token.kind);
  return 2 + integers.length + 2 + 4;
}

/** Everything of a GGUF file before its tensors, padded so that they can follow. */
export function ggufHeader(name: string, shape: ModelShape, tensors: readonly ShapedTensor[]): Buffer {
  const metadata = new GgufBytes();
  const entries = writeMetadata(metadata, name, shape);
  const index = new GgufBytes();
  let offset = 0;
  for (const { name: tensor, rows, cols, dtype, bytes } of tensors) {
    const dimensions = rows === 1 ? [cols] : [cols, rows];
    index.string(tensor).u32(dimensions.length);
    for (const dimension of dimensions) index.u64(dimension);
    index.u32(tensorTypes[dtype]).u64(offset);
    offset += padded(bytes);
  }
  const version = 3;
  const start = new GgufBytes().u32(0x46554747).u32(version).u64(tensors.length).u64(entries);
  const header = Buffer.concat([start.done(), metadata.done(), index.done()]);
  return Buffer.concat([header, Buffer.alloc(padded(header.length) - header.length)]);
}
