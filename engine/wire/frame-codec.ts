import type { IncomingFrame } from './link.js';
import { protocolVersion, type Message } from './messages.js';
import { ProtocolError } from './protocol-error.js';

/** Magic (2 bytes), protocol version (1), message number (1), body length (4), frame number (4); little-endian. */
export const headerBytes = 12;
const magic = 0x4e48;

/** Writes a frame's header into the first {@link headerBytes} bytes of `frame`. `sequence` counts a link's frames, mod 2^32. */
export function writeHeader(frame: DataView, message: Message, bodyBytes: number, sequence: number): void {
  if (bodyBytes > message.maxBytes) throw oversized(message.name, bodyBytes, message.maxBytes);
  frame.setUint16(0, magic, true);
  frame.setUint8(2, protocolVersion);
  frame.setUint8(3, message.type);
  frame.setUint32(4, bodyBytes, true);
  frame.setUint32(8, sequence, true);
}

/** The `index`-th u32 field of a tensor frame. */
export function fieldOf(frame: IncomingFrame, index: number): number {
  const at = index * 4;
  const { body } = frame;
  return ((body[at] ?? 0) | ((body[at + 1] ?? 0) << 8) | ((body[at + 2] ?? 0) << 16) | ((body[at + 3] ?? 0) << 24)) >>> 0;
}

/**
 * Cuts a stream of bytes into frames. Chunks are kept, not copied; a frame that lies within one chunk is handed out as a
 * view of it, one that does not is put together in a buffer of the decoder's own. A header is judged as soon as it is
 * there, before its body is waited for. After an error nothing more comes out.
 */
export class FrameDecoder {
  #chunks: Uint8Array[] = [];
  #first = 0;
  #offset = 0;
  #queued = 0;
  #sequence = 0;
  #pending: Message | undefined;
  #pendingBytes = 0;
  #failure: ProtocolError | undefined;
  readonly #header = new DataView(new ArrayBuffer(headerBytes));
  #assembly = new Uint8Array(0);
  // Views of the assembly, kept because the next frame usually has the same shape: no garbage per frame.
  #body = new Uint8Array(0);
  #values = new Uint8Array(0);

  /** @param accepts by number, the messages that may arrive. */
  constructor(private readonly accepts: ReadonlyMap<number, Message>) {}

  /** Bytes that came and were not taken yet. */
  get queuedBytes(): number {
    return this.#queued;
  }

  /** Adds what arrived; the decoder keeps `chunk`, so nobody may write to it any more. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#queued += chunk.length;
  }

  /** The next whole frame; its body is valid until the next call. Throws {@link ProtocolError}. */
  next(): IncomingFrame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const message = this.#pending ?? this.#nextHeader();
      if (message === undefined || this.#queued < this.#pendingBytes) return undefined;
      this.#pending = undefined;
      return this.#take(message, this.#pendingBytes);
    } catch (error) {
      if (error instanceof ProtocolError) this.#failure = error;
      throw error;
    }
  }

  #nextHeader(): Message | undefined {
    if (this.#queued < headerBytes) return undefined;
    const view = this.#header;
    for (let index = 0; index < headerBytes; index += 1) view.setUint8(index, this.#takeByte());
    if (view.getUint16(0, true) !== magic) {
      throw new ProtocolError('PROTOCOL_MALFORMED', 'What arrived is not a Hearth frame; the connection was closed.');
    }
    const version = view.getUint8(2);
    if (version !== protocolVersion) throw versionMismatch(version);
    const type = view.getUint8(3);
    const message = this.accepts.get(type);
    if (message === undefined) {
      throw new ProtocolError('PROTOCOL_UNKNOWN_MESSAGE', `Message ${type} has no place here; the connection was closed.`);
    }
    this.#checkLength(message, view.getUint32(4, true));
    const sequence = view.getUint32(8, true);
    if (sequence !== this.#sequence) {
      throw new ProtocolError(
        'PROTOCOL_OUT_OF_ORDER', `Frame ${sequence} came where ${this.#sequence} was due; the connection was closed.`,
      );
    }
    this.#sequence = (sequence + 1) >>> 0;
    this.#pending = message;
    return message;
  }

  #checkLength(message: Message, bytes: number): void {
    if (bytes > message.maxBytes) throw oversized(message.name, bytes, message.maxBytes);
    if (message.kind === 'tensor' && (bytes < message.fields.length * 4 || bytes % 4 !== 0)) {
      throw new ProtocolError('PROTOCOL_MALFORMED', `${message.name} cannot have ${bytes} bytes; the connection was closed.`);
    }
    this.#pendingBytes = bytes;
  }

  #takeByte(): number {
    const chunk = this.#chunks[this.#first];
    const byte = chunk?.[this.#offset];
    if (chunk === undefined || byte === undefined) throw new RangeError('No byte to take');
    this.#queued -= 1;
    this.#skip(chunk, 1);
    return byte;
  }

  /** The next `bytes` bytes of the stream as a frame's body: a view of the chunk that holds them all, or assembled. */
  #take(message: Message, bytes: number): IncomingFrame {
    const fieldBytes = message.kind === 'tensor' ? message.fields.length * 4 : 0;
    const chunk = this.#chunks[this.#first];
    this.#queued -= bytes;
    if (bytes === 0 || (chunk !== undefined && chunk.length - this.#offset >= bytes)) {
      const body = chunk?.subarray(this.#offset, this.#offset + bytes) ?? new Uint8Array(0);
      if (chunk !== undefined) this.#skip(chunk, bytes);
      return { message, body, values: body.subarray(fieldBytes) };
    }
    this.#assemble(bytes);
    if (this.#body.length !== bytes || this.#body.buffer !== this.#assembly.buffer) {
      this.#body = this.#assembly.subarray(0, bytes);
    }
    const sameValues = this.#values.length === bytes - fieldBytes && this.#values.byteOffset === fieldBytes;
    if (!sameValues || this.#values.buffer !== this.#assembly.buffer) {
      this.#values = this.#assembly.subarray(fieldBytes, bytes);
    }
    return { message, body: this.#body, values: this.#values };
  }

  #assemble(bytes: number): void {
    if (this.#assembly.length < bytes) this.#assembly = new Uint8Array(bytes);
    for (let filled = 0; filled < bytes; ) {
      const next = this.#chunks[this.#first];
      if (next === undefined) break;
      const part = Math.min(bytes - filled, next.length - this.#offset);
      const whole = this.#offset === 0 && part === next.length;
      this.#assembly.set(whole ? next : next.subarray(this.#offset, this.#offset + part), filled);
      filled += part;
      this.#skip(next, part);
    }
  }

  #skip(chunk: Uint8Array, bytes: number): void {
    this.#offset += bytes;
    if (this.#offset < chunk.length) return;
    this.#offset = 0;
    this.#first += 1;
    // Taken chunks are let go of when they are half of all, so that each is moved only once or twice.
    if (this.#first * 2 < this.#chunks.length) return;
    this.#chunks.splice(0, this.#first);
    this.#first = 0;
  }
}

function oversized(name: string, bytes: number, bound: number): ProtocolError {
  return new ProtocolError(
    'PROTOCOL_OVERSIZED', `A ${name} of ${bytes} bytes is more than the ${bound} allowed; the connection was closed.`,
  );
}

function versionMismatch(version: number): ProtocolError {
  return new ProtocolError(
    'PROTOCOL_VERSION',
    `The other node speaks protocol version ${version}, this one ${protocolVersion}: `
    + 'install the same version of Hearth on both.',
  );
}
