import { unknownKind, type StepJson, type TokenizerJson } from './tokenizer-parts.js';

/** How a vocabulary writes bytes. */
export interface Spelling {
  /** The bytes that a vocabulary entry stands for in running text. */
  bytesOf(entry: string): Uint8Array;
  /** The same for a token added to the vocabulary, which may be written plainly. */
  addedBytesOf(content: string): Uint8Array;
  /** Decoding drops one space from the very beginning of a text. */
  dropsFirstSpace: boolean;
}

const spaceMark = '\u2581';
const encoder = new TextEncoder();

/**
 * Reads from the decoder of a tokenizer.json how entries are spelled.
 *
 * @throws ModelUnusableError TOKENIZER_KIND_UNKNOWN when the decoder does anything else than spell bytes.
 */
export function spellingOf(file: string, json: TokenizerJson): Spelling {
  const steps = flatten(json.decoder);
  if (steps.some((step) => step.type === 'ByteLevel')) {
    const odd = steps.find((step) => step.type !== 'ByteLevel' && step.type !== 'Fuse');
    if (odd) throw unknownKind(file, 'decoder beside ByteLevel', odd.type);
    return { bytesOf: byteLevelBytes, addedBytesOf: (content) => encoder.encode(content), dropsFirstSpace: false };
  }
  if (steps.length === 0) throw unknownKind(file, 'decoder', null);
  let hasBytes = false;
  let dropsFirstSpace = false;
  for (const step of steps) {
    if (step.type === 'ByteFallback') hasBytes = true;
    else if (step.type === 'Metaspace') dropsFirstSpace = prepends(step);
    else if (isFirstSpaceStrip(step)) dropsFirstSpace = true;
    else if (step.type !== 'Fuse' && !isSpaceReplace(step)) throw unknownKind(file, 'decoder', step.type);
  }
  const bytesOf = (entry: string): Uint8Array => pieceBytes(entry, hasBytes);
  return { bytesOf, addedBytesOf: bytesOf, dropsFirstSpace };
}

function flatten(step: StepJson | null): StepJson[] {
  if (step === null) return [];
  return step.type === 'Sequence' ? (step['decoders'] as StepJson[]).flatMap(flatten) : [step];
}

function prepends(metaspace: StepJson): boolean {
  return (metaspace['prepend_scheme'] ?? 'always') !== 'never' && metaspace['add_prefix_space'] !== false;
}

function isFirstSpaceStrip(step: StepJson): boolean {
  return step.type === 'Strip' && step['content'] === ' ' && step['start'] === 1 && step['stop'] === 0;
}

function isSpaceReplace(step: StepJson): boolean {
  const pattern = step['pattern'] as { String?: unknown } | undefined;
  return step.type === 'Replace' && pattern?.String === spaceMark && step['content'] === ' ';
}

/** A SentencePiece entry: text with marked spaces, or one byte written `<0xNN>`. */
function pieceBytes(entry: string, hasBytes: boolean): Uint8Array {
  const byte = hasBytes ? /^<0x([0-9A-Fa-f]{2})>$/.exec(entry)?.[1] : undefined;
  return byte === undefined ? encoder.encode(entry.replaceAll(spaceMark, ' ')) : Uint8Array.of(parseInt(byte, 16));
}

/** GPT-2's alphabet: printable Latin-1 characters stand for themselves, the other bytes for U+0100 and on, in order. */
const byteOfCharacter = new Map<string, number>();
let next = 0x100;
for (let byte = 0; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  byteOfCharacter.set(String.fromCharCode(printable ? byte : next++), byte);
}

/** A byte-level entry. One with a character outside the alphabet is no spelling, but text as it stands. */
function byteLevelBytes(entry: string): Uint8Array {
  const bytes = new Uint8Array(entry.length);
  for (let i = 0; i < entry.length; i++) {
    const byte = byteOfCharacter.get(entry.charAt(i));
    if (byte === undefined) return encoder.encode(entry);
    bytes[i] = byte;
  }
  return bytes;
}
