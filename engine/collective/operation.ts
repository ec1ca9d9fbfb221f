import type { Kernels, Memory } from '../../native-kernels/index.js';
import { fieldOf } from '../wire/frame-codec.js';
import type { IncomingFrame, Link, OutgoingFrame } from '../wire/link.js';
import { pieceBytes, type TensorMessage } from '../wire/messages.js';
import { NodeLostError } from './node-lost-error.js';

/** How values leave native memory and come back; `kernels` is one. */
export type TensorPort = Pick<Kernels, 'read' | 'write' | 'addBytes'>;

/** A link and the rank at its other end. */
export interface PeerLink {
  readonly rank: number;
  readonly link: Link;
}

/** The values one call works on, cut into pieces of at most {@link pieceBytes}; reused from call to call. */
export class Operation {
  memory!: Memory;
  offset = 0;
  bytes = 0;
  sequence = -1;

  constructor(private readonly tensors: TensorPort) {}

  begin(memory: Memory, offset: number, bytes: number): void {
    this.memory = memory;
    this.offset = offset;
    this.bytes = bytes;
    this.sequence = (this.sequence + 1) >>> 0;
  }

  /** Pieces of a range of `bytes` bytes. */
  static pieces(bytes: number): number {
    return Math.ceil(bytes / pieceBytes);
  }

  /** Sends bytes [start, start + length) as piece `piece`. */
  send(link: Link, message: TensorMessage, piece: number, start: number, length: number): void {
    const frame: OutgoingFrame = link.prepare(message, length);
    frame.fields[0] = this.sequence;
    frame.fields[1] = piece;
    this.tensors.read(this.memory, this.offset + start, frame.values);
    link.sendTensor(frame);
  }

  /** Checks that a frame is the piece that is due, and gives its values. Throws NodeLostError: its sender lost the thread. */
  check(peer: PeerLink, frame: IncomingFrame, message: TensorMessage, piece: number, length: number): Uint8Array {
    if (frame.message !== message || fieldOf(frame, 0) !== this.sequence || fieldOf(frame, 1) !== piece) {
      throw new NodeLostError(peer.rank, `it sent a ${frame.message.name} where ${message.name} ${piece} was due.`);
    }
    const { values } = frame;
    if (values.length !== length) {
      throw new NodeLostError(peer.rank, `its ${message.name} had ${values.length} bytes where ${length} were due.`);
    }
    return values;
  }

  add(start: number, values: Uint8Array): void {
    this.tensors.addBytes(this.memory, this.offset + start, values);
  }

  write(start: number, values: Uint8Array): void {
    this.tensors.write(this.memory, this.offset + start, values);
  }
}

/** Bytes of piece `piece` of a range of `bytes`. */
export function pieceLength(bytes: number, piece: number): number {
  return Math.min(pieceBytes, bytes - piece * pieceBytes);
}
