import type { BodyOf, ControlName, Message, TensorMessage } from './messages.js';

/** A frame that arrived. Its bytes are views, valid until the next `poll` of the same link or the next turn of the event loop. */
export interface IncomingFrame {
  readonly message: Message;
  readonly body: Uint8Array;
  /** The body behind the fields: the F32 values of a tensor frame. */
  readonly values: Uint8Array;
}

/** Space for a tensor frame in a send buffer of the link: fill both views, then hand it to `sendTensor` once. */
export interface OutgoingFrame {
  readonly fields: Uint32Array;
  /** Where the F32 values go, as bytes; 4-byte aligned. */
  readonly values: Uint8Array;
}

export interface LinkStats {
  /** Bytes of frames, TLS's own overhead not counted. */
  bytesSent: number;
  bytesReceived: number;
}

/**
 * An ordered, reliable connection of two nodes that carries frames. Receiving is by asking: `onActivity` says that
 * something happened, `poll` takes the next whole frame; what is not taken stays where it is and, when it is much, slows
 * the sender down.
 */
export interface Link {
  /** Device ID of the other end, as proved by its certificate. */
  readonly peerId: string;
  /** Chosen by the listening end, 64 hex digits: goes into every proof given on this link, so that none can be reused. */
  readonly nonce: string;
  /** Called when bytes arrived, when a link that was `full` is so no more, and when it closed. One owner at a time. */
  onActivity: (() => void) | undefined;
  /** The next whole frame, or undefined when none is there yet. Throws `closedBecause` once all that came is taken. */
  poll(): IncomingFrame | undefined;
  /** Whether at least one byte of a frame not yet taken is there. */
  hasBytes(): boolean;
  /** Sends a control message. A closed link drops it: whoever waits on the link learns why from `poll`. */
  send<K extends ControlName>(name: K, body: BodyOf<K>): void;
  /** A free send buffer for a tensor frame with `valueBytes` bytes of F32 values. */
  prepare(message: TensorMessage, valueBytes: number): OutgoingFrame;
  sendTensor(frame: OutgoingFrame): void;
  /** Much is on its way out already: well-behaved senders wait for `onActivity`. */
  readonly full: boolean;
  stats(): LinkStats;
  /** Why the link closed; undefined while it is open. */
  readonly closedBecause: Error | undefined;
  /** Resolves, never rejects, when the link is closed, with the reason. */
  readonly closed: Promise<Error>;
  /** Sends what was handed over, then ends the connection. `reason` is what `poll` throws afterwards. */
  close(reason?: Error): void;
  /** Ends the connection to an end that does not answer any more: nothing is sent, and nobody waits for it to hang up. */
  drop(reason: Error): void;
}
