import { headerBytes, writeHeader } from './frame-codec.js';
import type { OutgoingFrame } from './link.js';
import type { TensorMessage } from './messages.js';

const smallest = 1024;

/** One reusable buffer that holds a whole frame, header and body, so that sending it is one write. */
export class SendBuffer implements OutgoingFrame {
  readonly #bytes: Buffer;
  readonly #header: DataView;
  #message: TensorMessage | undefined;
  #valueBytes = -1;
  fields: Uint32Array = new Uint32Array(0);
  values: Uint8Array = new Uint8Array(0);
  /** The frame as it goes out. */
  frame: Buffer;

  constructor(bytes: number) {
    const memory = new ArrayBuffer(bytes);
    this.#bytes = Buffer.from(memory);
    this.#header = new DataView(memory);
    this.frame = this.#bytes;
  }

  get capacity(): number {
    return this.#bytes.length;
  }

  /** Makes the views fit; costs nothing when the last use had the same shape, as it has while decoding. */
  shape(message: TensorMessage, valueBytes: number): void {
    if (message === this.#message && valueBytes === this.#valueBytes) return;
    const fieldBytes = message.fields.length * 4;
    this.#message = message;
    this.#valueBytes = valueBytes;
    this.fields = new Uint32Array(this.#bytes.buffer, headerBytes, message.fields.length);
    this.values = new Uint8Array(this.#bytes.buffer, headerBytes + fieldBytes, valueBytes);
    this.frame = this.#bytes.subarray(0, headerBytes + fieldBytes + valueBytes);
  }

  number(sequence: number): void {
    if (this.#message === undefined) throw new Error('A frame must be prepared before it is sent');
    writeHeader(this.#header, this.#message, this.frame.length - headerBytes, sequence);
  }
}

/** The send buffers of one link: as many as were ever on their way at once. */
export class SendBuffers {
  readonly #free: SendBuffer[] = [];

  take(message: TensorMessage, valueBytes: number): SendBuffer {
    const bytes = headerBytes + message.fields.length * 4 + valueBytes;
    const at = this.#free.findLastIndex((buffer) => buffer.capacity >= bytes);
    const buffer = at >= 0 ? this.#free.splice(at, 1)[0] : undefined;
    const taken = buffer ?? new SendBuffer(2 ** Math.ceil(Math.log2(Math.max(bytes, smallest))));
    taken.shape(message, valueBytes);
    return taken;
  }

  giveBack(buffer: SendBuffer): void {
    this.#free.push(buffer);
  }
}
