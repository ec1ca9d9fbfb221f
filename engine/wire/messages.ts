import { z } from 'zod';
import { askedEventShape } from './asked.js';
import { capacitySchema } from './capacity.js';
import { isDeviceId } from './device-id.js';
import { deviceNameShape, homeChangeShape } from './home-change.js';
import { homeStatusShape, windowShape } from './home-status.js';
import { laptopChangeShape } from './laptop-change.js';
import { sayingShape } from './saying.js';
import { bootShape, standingShape } from './standing.js';
import { transferShape } from './transfer.js';

/** Nodes whose versions differ refuse each other with one clear line. Raise it with every change of this file. */
export const protocolVersion = 3;

/**
 * Floats go in pieces of at most this many bytes, so that buffers stay small, a sum can start before the last piece is
 * there, and one piece holds a whole hidden state of 16,384 floats.
 */
export const pieceBytes = 65_536;

/** KV contexts a run may have: chats that take turns and each keep their beginning. */
export const mostContexts = 64;

/**
 * A session is the quiet connection of a worker to its master; a data link carries one rank's activations; pairing has
 * a port of its own, whose listening end takes the master's place in directions; any two members of a home that see each
 * other have a member link, whose ends are equals.
 */
export type Channel = 'session' | 'data' | 'pairing' | 'member';
export type Direction = 'toWorker' | 'toMaster' | 'both';

/** A message whose body is JSON, checked against `body` where it arrives. */
export interface ControlMessage<N extends string = string, S extends z.ZodType = z.ZodType> {
  readonly kind: 'control';
  readonly name: N;
  readonly type: number;
  readonly channel: Channel | 'any';
  readonly direction: Direction;
  readonly body: S;
  readonly maxBytes: number;
}

/** A message of fixed layout: `fields` as little-endian u32, then F32 values, little-endian. */
export interface TensorMessage<N extends string = string> {
  readonly kind: 'tensor';
  readonly name: N;
  readonly type: number;
  readonly channel: 'data';
  readonly direction: Direction;
  readonly fields: readonly string[];
  /** Of the whole body: fields and values. */
  readonly maxBytes: number;
}

export type Message = ControlMessage | TensorMessage;

function control<N extends string, S extends z.ZodType>(
  name: N, type: number, channel: Channel | 'any', direction: Direction, maxBytes: number, body: S,
): ControlMessage<N, S> {
  return { kind: 'control', name, type, channel, direction, body, maxBytes };
}

function tensor<N extends string>(
  name: N, type: number, direction: Direction, fields: readonly string[], maxFloatBytes: number,
): TensorMessage<N> {
  const maxBytes = fields.length * 4 + maxFloatBytes;
  return { kind: 'tensor', name, type, channel: 'data', direction, fields, maxBytes };
}

const rank = z.int().min(0).max(63);
const port = z.int().min(1).max(65_535);
const host = z.string().min(1).max(255);
const count = z.int().min(0);
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const deviceId = z.string().refine(isDeviceId, 'not a device ID');
const sentence = z.string().min(1).max(1000);
const kilobyte = 1024;
/** The longest probe of what a link carries: 10 ms on a link of 100 Mbit/s. */
export const probeBytes = 128 * kilobyte;
/** A character of JSON text takes up to six bytes inside another JSON text. */
export const mostPieceCharacters = 32 * kilobyte;
const login = z.string().min(1).max(1024).regex(/^[A-Za-z0-9_-]+$/);
/** A list of members goes in pieces; `more` says that this one is not the last. */
const homePiece = z.strictObject({ changes: z.array(homeChangeShape).max(256), more: z.boolean() });

/**
 * THE table of everything nodes say to each other. A message is a value: its name, its number on the wire, where and in
 * which direction it may travel, what its body must be, and how many bytes it may have.
 */
export const messages = {
  /** The listener's first frame: only now is the dialler connected. The nonce goes into every proof on this link. */
  open: control('open', 1, 'any', 'both', kilobyte, z.strictObject({ nonce: hex32 })),

  /** A worker knocks: who it is, and that it knows the join token's secret. */
  hello: control('hello', 2, 'session', 'toMaster', 4 * kilobyte, z.strictObject({
    hearthVersion: z.string().max(64), rank, tokenProof: hex32, dataPort: port.optional(),
    /** Where the worker lets its home have the block files it keeps. */
    blockPort: port.optional(),
  })),
  /** The worker is in, and this is what it has to do. */
  plan: control('plan', 3, 'session', 'toWorker', 256 * kilobyte, z.strictObject({
    model: z.strictObject({ name: z.string().max(255), fingerprint: z.string().max(128) }),
    config: z.record(z.string(), z.unknown()),
    worldSize: z.int().min(1).max(64),
    shares: z.array(z.strictObject({
      rank, kvHeadStart: count, kvHeads: count, ffnStart: count, ffnColumns: count,
    })).max(64),
    dtype: z.string().max(16),
    /** Positions of a context, contexts, type of the KV cache, and the most tokens of one pass: the same on every node. */
    contextTokens: z.int().min(1),
    contexts: z.int().min(1).max(mostContexts),
    kvDtype: z.enum(['f32', 'f16']),
    tokensPerPass: z.int().min(1),
    collective: z.enum(['star', 'ring']),
    /** Shared by the nodes of this run; proves on a data link that its other end was let into the session. */
    dataSecret: hex32,
    peers: z.array(z.strictObject({ rank, deviceId, host: host.optional(), dataPort: port.optional(), blockPort: port.optional() })).max(64),
    filePort: port.nullable(),
    forceDownload: z.boolean(),
  })),
  refused: control('refused', 4, 'any', 'both', 32 * kilobyte, sayingShape),
  /** How far the worker's slice is on its way, to its disk and into its memory. */
  transfer: control('transfer', 5, 'session', 'toMaster', kilobyte, transferShape),
  /** The worker's shard is loaded and its data links stand. */
  ready: control('ready', 6, 'session', 'toMaster', 4 * kilobyte, z.strictObject({
    weightBytes: count, predictedPeakBytes: count,
  })),
  heartbeat: control('heartbeat', 7, 'session', 'both', kilobyte, z.strictObject({})),
  nodeLost: control('nodeLost', 8, 'any', 'both', 4 * kilobyte, z.strictObject({ rank, reason: sentence })),
  bye: control('bye', 9, 'any', 'both', 4 * kilobyte, z.strictObject({ reason: sentence.optional() })),

  /** The dialler of a data link says which rank it is. */
  linkHello: control('linkHello', 16, 'data', 'both', kilobyte, z.strictObject({ rank, proof: hex32 })),
  /** The listener of a data link believes it. */
  linkReady: control('linkReady', 17, 'data', 'both', kilobyte, z.strictObject({})),

  /** The master wants to know what a worker has done and needed so far. */
  reportRequest: control('reportRequest', 10, 'session', 'toWorker', kilobyte, z.strictObject({})),
  report: control('report', 11, 'session', 'toMaster', 4 * kilobyte, z.strictObject({
    peakRssBytes: count, predictedPeakBytes: count, weightBytesRead: count, wireBytesSent: count,
    wireBytesReceived: count, allReduces: count, computeMs: z.number(), waitMs: z.number(), wireMs: z.number(),
    weightWaitMs: z.number(),
  })),

  // What the workers' shards have to do next, in order; a ring passes it on. The hidden state follows as `hidden`.
  step: tensor('step', 33, 'toWorker', ['position', 'tokens', 'context'], 0),
  /** The first `tokens` positions of the KV context `from` become those of `to`. */
  copyContext: tensor('copyContext', 36, 'toWorker', ['from', 'to', 'tokens'], 0),

  // One piece of an all-reduce or broadcast. `sequence` counts the operations of a run, `piece` the pieces of one.
  partial: tensor('partial', 40, 'both', ['sequence', 'piece'], pieceBytes),
  total: tensor('total', 41, 'toWorker', ['sequence', 'piece'], pieceBytes),
  ringChunk: tensor('ringChunk', 42, 'both', ['sequence', 'piece'], pieceBytes),
  hidden: tensor('hidden', 43, 'toWorker', ['sequence', 'piece'], pieceBytes),

  /** Members tell each other all changes of their home, whenever they connect and whenever one learns of another. */
  home: control('home', 64, 'member', 'both', 128 * kilobyte, homePiece),
  /** The first word of both ends of a member link: which run of which process this is, and where it listens for members. */
  memberHello: control('memberHello', 96, 'member', 'both', kilobyte, z.strictObject({
    hearthVersion: z.string().max(64), name: deviceNameShape, boot: bootShape, port,
  })),
  /** Sent every second; anything else that arrives is a sign of life as well. */
  beat: control('beat', 97, 'member', 'both', kilobyte, z.strictObject({})),
  /** Answered at once with a `pong` of the same number; `padding` makes it long enough to measure what the link carries. */
  ping: control('ping', 98, 'member', 'both', probeBytes + kilobyte, z.strictObject({
    number: count, padding: z.string().max(probeBytes),
  })),
  pong: control('pong', 99, 'member', 'both', kilobyte, z.strictObject({ number: count })),
  standing: control('standing', 100, 'member', 'both', 4 * kilobyte, standingShape),
  /** What this laptop offers; while its person has paused it, nothing shall be computed on it. */
  capacity: control('capacity', 101, 'member', 'both', 4 * kilobyte, z.strictObject({
    capacity: capacitySchema, paused: z.boolean(),
  })),
  /** The master asks a helper into a run; the token is that run's join token, and `number` the master's own for this. */
  invite: control('invite', 102, 'member', 'both', 4 * kilobyte, z.strictObject({
    number: count, rank, worldSize: z.int().min(2).max(64), masterPort: port, token: z.string().min(1).max(512), window: windowShape,
  })),
  /** The master takes an invitation back: the helper ends its part. */
  inviteCancel: control('inviteCancel', 103, 'member', 'both', kilobyte, z.strictObject({ number: count })),
  /** The helper's part is over, and why; empty where it ended in peace. */
  inviteEnded: control('inviteEnded', 104, 'member', 'both', 4 * kilobyte, z.strictObject({ number: count, reason: z.string().max(1000) })),
  /** A piece of a question, as JSON text, on its way to the master; `number` is the asking laptop's own for this. */
  ask: control('ask', 105, 'member', 'both', 256 * kilobyte, z.strictObject({
    number: count, piece: z.string().max(mostPieceCharacters), more: z.boolean(),
  })),
  askEvent: control('askEvent', 106, 'member', 'both', 64 * kilobyte, z.strictObject({ number: count, event: askedEventShape })),
  /** Nobody waits for that answer any more. */
  askCancel: control('askCancel', 107, 'member', 'both', kilobyte, z.strictObject({ number: count })),
  /** Where this laptop reaches others of the home: where multicast is blocked, one typed address leads to all. */
  whereabouts: control('whereabouts', 109, 'member', 'both', 32 * kilobyte, z.strictObject({
    peers: z.array(z.strictObject({ deviceId, host, port })).max(64),
  })),
  homeStatus: control('homeStatus', 108, 'member', 'both', 128 * kilobyte, homeStatusShape),
  /** A person at one laptop changes something of another; `number` is the asking laptop's own for this. */
  laptopChange: control('laptopChange', 110, 'member', 'both', kilobyte, z.strictObject({ number: count, change: laptopChangeShape })),
  /** It is done and kept, or why it is not. */
  laptopChanged: control('laptopChanged', 111, 'member', 'both', 32 * kilobyte, z.strictObject({
    number: count, refusal: sayingShape.nullable(),
  })),

  /** Who knocks, and who opened; `way` is how the person who opened pairing wants the other laptop to be known. */
  pairHello: control('pairHello', 72, 'pairing', 'toMaster', kilobyte, z.strictObject({
    hearthVersion: z.string().max(64), name: deviceNameShape,
  })),
  pairWelcome: control('pairWelcome', 73, 'pairing', 'toWorker', kilobyte, z.strictObject({
    hearthVersion: z.string().max(64), name: deviceNameShape, way: z.enum(['digits', 'code']),
  })),
  // Two screens: one end commits to its nonce, the other shows its own, then the first opens its commitment.
  pairCommit: control('pairCommit', 74, 'pairing', 'toMaster', kilobyte, z.strictObject({ commitment: hex32 })),
  pairNonce: control('pairNonce', 75, 'pairing', 'toWorker', kilobyte, z.strictObject({ nonce: hex32 })),
  pairReveal: control('pairReveal', 76, 'pairing', 'toMaster', kilobyte, z.strictObject({ nonce: hex32 })),
  // A printed code: the three messages of an OPAQUE login.
  pairRequest: control('pairRequest', 77, 'pairing', 'toMaster', 2 * kilobyte, z.strictObject({ login })),
  pairAnswer: control('pairAnswer', 78, 'pairing', 'toWorker', 2 * kilobyte, z.strictObject({ login })),
  pairProof: control('pairProof', 79, 'pairing', 'toMaster', 2 * kilobyte, z.strictObject({ login })),
  /** This end is sure who the other is: its person said so, or the proof did. */
  pairAccept: control('pairAccept', 80, 'pairing', 'both', kilobyte, z.strictObject({})),
  pairHome: control('pairHome', 81, 'pairing', 'both', 128 * kilobyte, homePiece),
  /** The change that lets the other in. */
  pairAdd: control('pairAdd', 82, 'pairing', 'both', 8 * kilobyte, z.strictObject({ change: homeChangeShape })),
  /** This end has stored the joined home. */
  pairDone: control('pairDone', 83, 'pairing', 'both', kilobyte, z.strictObject({})),
} as const;

export type Messages = typeof messages;
export type ControlName = { [K in keyof Messages]: Messages[K] extends ControlMessage ? K : never }[keyof Messages];
export type TensorName = Exclude<keyof Messages, ControlName>;
/** The body of a control message, as it is after its check. */
export type BodyOf<K extends ControlName> = z.infer<Messages[K]['body']>;

/** Which end of which kind of link this is: it decides what may arrive. A ring's ends are workers to each other. */
export interface LinkSide {
  readonly channel: Channel;
  readonly role: 'master' | 'worker';
}

/** By number, the messages that may arrive at this end. */
export function messagesFor(side: LinkSide): ReadonlyMap<number, Message> {
  const towards: Direction = side.role === 'master' ? 'toMaster' : 'toWorker';
  const accepted = Object.values(messages).filter((message: Message) =>
    (message.channel === 'any' || message.channel === side.channel)
    && (message.direction === 'both' || message.direction === towards));
  return new Map(accepted.map((message) => [message.type, message]));
}
