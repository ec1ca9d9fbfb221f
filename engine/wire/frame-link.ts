import { ClusterFailedError, sayingOf } from '../errors.js';
import { FrameDecoder, headerBytes, writeHeader } from './frame-codec.js';
import type { IncomingFrame, Link, LinkStats, OutgoingFrame } from './link.js';
import { messages, messagesFor, type BodyOf, type ControlName, type LinkSide, type TensorMessage } from './messages.js';
import { ProtocolError } from './protocol-error.js';
import { SendBuffer, SendBuffers } from './send-buffers.js';

/** Beyond this much on its way out a link is full; beyond this much not taken, reading stops. */
const highWater = 256 * 1024;

/** What a link stands on: something that moves bytes. `done` is called when the bytes of a write may be overwritten. */
export interface ByteStream {
  write(bytes: Buffer, done: () => void): void;
  /** Stops or resumes the arrival of bytes. */
  setReading(on: boolean): void;
  /** Ends after what was written; `now` drops even that. */
  end(now: boolean): void;
}

/** The part of a link that is the same over any stream of bytes. */
export class FrameLink implements Link {
  onActivity: (() => void) | undefined;
  readonly closed: Promise<Error>;
  readonly #decoder: FrameDecoder;
  readonly #buffers = new SendBuffers();
  readonly #stats: LinkStats = { bytesSent: 0, bytesReceived: 0 };
  #resolveClosed!: (reason: Error) => void;
  #closedBecause: Error | undefined;
  #sequence = 0;
  #onItsWay = 0;
  #reading = true;

  constructor(
    readonly peerId: string,
    /** Set once by the dialling end, which learns it from the listener's first frame. */
    public nonce: string,
    side: LinkSide,
    private readonly stream: ByteStream,
  ) {
    this.#decoder = new FrameDecoder(messagesFor(side));
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  get full(): boolean {
    return this.#onItsWay >= highWater;
  }

  get closedBecause(): Error | undefined {
    return this.#closedBecause;
  }

  stats(): LinkStats {
    return { ...this.#stats };
  }

  hasBytes(): boolean {
    return this.#decoder.queuedBytes > 0;
  }

  poll(): IncomingFrame | undefined {
    if (this.#closedBecause instanceof ProtocolError) throw this.#closedBecause;
    let frame;
    try {
      frame = this.#decoder.next();
    } catch (error) {
      this.#refuse(error as ProtocolError);
      throw error;
    }
    if (frame === undefined && this.#closedBecause !== undefined) throw this.#closedBecause;
    if (!this.#reading && this.#decoder.queuedBytes < highWater) this.#setReading(true);
    return frame;
  }

  send<K extends ControlName>(name: K, body: BodyOf<K>): void {
    if (this.#closedBecause !== undefined) return;
    const text = Buffer.from(JSON.stringify(body), 'utf8');
    const frame = Buffer.allocUnsafe(headerBytes + text.length);
    writeHeader(new DataView(frame.buffer, frame.byteOffset), messages[name], text.length, this.#nextSequence());
    text.copy(frame, headerBytes);
    this.#write(frame, undefined);
  }

  prepare(message: TensorMessage, valueBytes: number): OutgoingFrame {
    return this.#buffers.take(message, valueBytes);
  }

  sendTensor(frame: OutgoingFrame): void {
    if (!(frame instanceof SendBuffer)) throw new TypeError('A frame must come from prepare()');
    if (this.#closedBecause !== undefined) return this.#buffers.giveBack(frame);
    frame.number(this.#nextSequence());
    this.#write(frame.frame, frame);
  }

  close(reason: Error = new ClusterFailedError('LINK_CLOSED', 'The connection was closed by this node.')): void {
    if (this.#shut(reason)) this.stream.end(false);
  }

  drop(reason: Error): void {
    this.lost(reason);
  }

  /** To be called by the stream's owner: bytes arrived. They are copied: `chunk` may be used again. */
  arrived(chunk: Uint8Array): void {
    if (this.#closedBecause !== undefined) return;
    this.#stats.bytesReceived += chunk.length;
    this.#decoder.push(chunk);
    if (this.#reading && this.#decoder.queuedBytes >= highWater) this.#setReading(false);
    this.onActivity?.();
  }

  /** To be called by the stream's owner: it ended, or failed. */
  lost(reason: Error): void {
    if (this.#shut(reason)) this.stream.end(true);
  }

  #write(bytes: Buffer, buffer: SendBuffer | undefined): void {
    const { length } = bytes;
    this.#onItsWay += length;
    this.#stats.bytesSent += length;
    this.stream.write(bytes, () => {
      const freed = this.full && this.#onItsWay - length < highWater;
      this.#onItsWay -= length;
      if (buffer !== undefined) this.#buffers.giveBack(buffer);
      if (freed) this.onActivity?.();
    });
  }

  #nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) >>> 0;
    return sequence;
  }

  #setReading(on: boolean): void {
    this.#reading = on;
    this.stream.setReading(on);
  }

  /** A node of another version is told so in the one frame that every version can tell apart from noise: its header. */
  #refuse(error: ProtocolError): void {
    if (error.code === 'PROTOCOL_VERSION') this.send('refused', sayingOf(error));
    this.close(error);
  }

  #shut(reason: Error): boolean {
    if (this.#closedBecause !== undefined) return false;
    this.#closedBecause = reason;
    this.#resolveClosed(reason);
    this.onActivity?.();
    return true;
  }
}
