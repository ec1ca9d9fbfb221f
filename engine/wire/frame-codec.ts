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

/** What a decoder starts with; it grows when more waits. */
const leastBytes = 4096;

/**
 * Cuts a stream of bytes into frames. What arrives is put behind what waits, in one buffer, so that every frame is a view of
 * it however the network cut it, and whoever read the bytes can use the memory again at once. A header is judged as soon as
 * it is there, before its body is waited for. After an error nothing more comes out.
 */
export class FrameDecoder {
  #bytes = new Uint8Array(leastBytes);
  #header = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;
  #sequence = 0;
  #pending: Message | undefined;
  #pendingBytes = 0;
  #failure: ProtocolError | undefined;
  // The last frame's views, kept because the next one usually lies in the same place: no garbage per frame.
  #body = this.#bytes.subarray(0, 0);
  #values = this.#body;

  /** @param accepts by number, the messages that may arrive. */
  constructor(private readonly accepts: ReadonlyMap<number, Message>) {}

  /** Bytes that came and were not taken yet. */
  get queuedBytes(): number {
    return this.#end - this.#start;
  }

  /** Adds what arrived. Frames handed out before are not valid any more. */
  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole frame; its body is valid until the next call or push. Throws {@link ProtocolError}. */
  next(): IncomingFrame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const message = this.#pending ?? this.#nextHeader();
      if (message === undefined || this.queuedBytes < this.#pendingBytes) return undefined;
      this.#pending = undefined;
      return this.#take(message, this.#pendingBytes);
    } catch (error) {
      if (error instanceof ProtocolError) this.#failure = error;
      throw error;
    }
  }

  #nextHeader(): Message | undefined {
    if (this.queuedBytes < headerBytes) return undefined;
    const view = this.#header;
    const at = this.#start;
    if (view.getUint16(at, true) !== magic) {
      throw new ProtocolError('PROTOCOL_MALFORMED', 'What arrived is not a Hearth frame; the connection was closed.');
    }
    const version = view.getUint8(at + 2);
    if (version !== protocolVersion) throw versionMismatch(version);
    const type = view.getUint8(at + 3);
    const message = this.accepts.get(type);
    if (message === undefined) {
      throw new ProtocolError('PROTOCOL_UNKNOWN_MESSAGE', `Message ${type} has no place here; the connection was closed.`);
    }
    this.#checkLength(message, view.getUint32(at + 4, true));
    const sequence = view.getUint32(at + 8, true);
    if (sequence !== this.#sequence) {
      throw new ProtocolError(
        'PROTOCOL_OUT_OF_ORDER', `Frame ${sequence} came where ${this.#sequence} was due; the connection was closed.`,
      );
    }
    this.#sequence = (sequence + 1) >>> 0;
    this.#pending = message;
    this.#start += headerBytes;
    return message;
  }

  #checkLength(message: Message, bytes: number): void {
    if (bytes > message.maxBytes) throw oversized(message.name, bytes, message.maxBytes);
    if (message.kind === 'tensor' && (bytes < message.fields.length * 4 || bytes % 4 !== 0)) {
      throw new ProtocolError('PROTOCOL_MALFORMED', `${message.name} cannot have ${bytes} bytes; the connection was closed.`);
    }
    this.#pendingBytes = bytes;
  }

  #take(message: Message, bytes: number): IncomingFrame {
    const start = this.#start;
    const values = start + (message.kind === 'tensor' ? message.fields.length * 4 : 0);
    this.#start += bytes;
    if (!isRange(this.#body, start, this.#start)) this.#body = this.#bytes.subarray(start, this.#start);
    if (!isRange(this.#values, values, this.#start)) this.#values = this.#bytes.subarray(values, this.#start);
    return { message, body: this.#body, values: this.#values };
  }

  /** Moves what waits to the front when the end is reached, into a larger buffer if it does not fit. */
  #makeRoom(bytes: number): void {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    if (this.#end + bytes <= this.#bytes.length) return;
    const waiting = this.#bytes.subarray(this.#start, this.#end);
    const needed = waiting.length + bytes;
    if (needed > this.#bytes.length) this.#use(new Uint8Array(2 ** Math.ceil(Math.log2(needed))));
    this.#bytes.set(waiting);
    this.#start = 0;
    this.#end = waiting.length;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#header = new DataView(bytes.buffer);
    this.#body = this.#values = bytes.subarray(0, 0);
  }
}

function isRange(view: Uint8Array, start: number, end: number): boolean {
  return view.byteOffset === start && view.length === end - start;
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
