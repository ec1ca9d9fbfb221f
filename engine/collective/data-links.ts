import { ClusterFailedError } from '../errors.js';
import { receiveControl } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { LinkSide } from '../wire/messages.js';
import { proofOf, sameProof } from '../wire/peer-proof.js';
import { dialTls } from '../wire/tls-link.js';
import type { DataListener } from './data-listener.js';
import type { PeerLink } from './operation.js';

/** Who is who on the data links, as the master's plan says. */
export interface DataPeer {
  readonly rank: number;
  readonly deviceId: string;
  /** Where its {@link DataListener} is; needed for rank 0 in a star, and for everyone in a ring. */
  readonly host?: string | undefined;
  readonly dataPort?: number | undefined;
}

export interface DataLinkOptions {
  readonly collective: 'star' | 'ring';
  readonly rank: number;
  readonly worldSize: number;
  readonly identity: TlsIdentity;
  /** The 32 bytes that the master gave to the nodes of this run. */
  readonly secret: Uint8Array;
  /** All ranks; this one's own entry may be left out. */
  readonly peers: readonly DataPeer[];
  /** Needed at rank 0 of a star and at every rank of a ring. */
  readonly listener: DataListener | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The links a collective stands on. */
export type DataLinks =
  | { readonly shape: 'star'; readonly rank: number; readonly worldSize: number; readonly peers: readonly PeerLink[] }
  | {
    readonly shape: 'ring'; readonly rank: number; readonly worldSize: number;
    readonly next: PeerLink; readonly previous: PeerLink;
  };

/** Which ranks need a {@link DataListener}. */
export function listensForData(collective: 'star' | 'ring', rank: number, worldSize: number): boolean {
  return worldSize > 1 && (collective === 'ring' || rank === 0);
}

/** The role of a data link's listening or dialling end; in a ring all are workers to each other. */
export function dataSide(collective: 'star' | 'ring', rank: number): LinkSide {
  return { channel: 'data', role: collective === 'star' && rank === 0 ? 'master' : 'worker' };
}

/**
 * Connects this rank with those it exchanges activations with: in a star all dial rank 0, in a ring each dials the next.
 * Both ends know each other's certificate from the plan, and the dialler proves that it was let into this run.
 * Rejects with ClusterFailedError (DATA_LINK_TIMEOUT names the missing ranks) or InterruptedError; no link is left open.
 */
export async function connectDataLinks(options: DataLinkOptions): Promise<DataLinks> {
  const { collective, rank, worldSize } = options;
  const opened: Link[] = [];
  const dial = async (to: number): Promise<PeerLink> => {
    const peer = await dialPeer(options, to);
    opened.push(peer.link);
    return peer;
  };
  const take = (ranks: readonly number[]): Promise<PeerLink[]> => takePeers(options, ranks);
  try {
    if (worldSize === 1) return { shape: 'star', rank, worldSize, peers: [] };
    if (collective === 'star') {
      const others = Array.from({ length: worldSize - 1 }, (_, index) => index + 1);
      const peers = rank === 0 ? await take(others) : [await dial(0)];
      return { shape: 'star', rank, worldSize, peers };
    }
    const [next, [previous]] = await Promise.all([
      dial((rank + 1) % worldSize), take([(rank + worldSize - 1) % worldSize]),
    ]);
    if (previous === undefined) throw new Error('No previous rank');
    return { shape: 'ring', rank, worldSize, next, previous };
  } catch (error) {
    options.listener?.close();
    for (const link of opened) link.close(error as Error);
    throw error;
  }
}

async function dialPeer(options: DataLinkOptions, to: number): Promise<PeerLink> {
  const { rank, identity, timeoutMs, signal } = options;
  const peer = peerOf(options, to);
  if (peer.host === undefined || peer.dataPort === undefined) {
    throw new ClusterFailedError('PLAN_INCOMPLETE', `The plan does not say where node ${to} listens.`);
  }
  const side = dataSide(options.collective, rank);
  const stop = signal === undefined ? {} : { signal };
  const link = await dialTls({
    host: peer.host, port: peer.dataPort, identity, expects: peer.deviceId, side, timeoutMs, ...stop,
  });
  link.send('linkHello', { rank, proof: linkProof(options.secret, link.nonce, rank, to) });
  await receiveControl(link, ['linkReady'], timeoutMs, signal);
  return { rank: to, link };
}

function takePeers(options: DataLinkOptions, ranks: readonly number[]): Promise<PeerLink[]> {
  const { listener, rank, secret, timeoutMs, signal } = options;
  if (listener === undefined) throw new Error(`Rank ${rank} needs a data listener`);
  const judge = async (link: Link): Promise<number> => {
    const { body } = await receiveControl(link, ['linkHello'], timeoutMs, signal);
    const proven = sameProof(body.proof, linkProof(secret, link.nonce, body.rank, rank));
    if (!proven || !ranks.includes(body.rank) || peerOf(options, body.rank).deviceId !== link.peerId) {
      throw new ClusterFailedError('LINK_REFUSED', 'A node that does not belong to this run knocked.');
    }
    return body.rank;
  };
  return listener.take(ranks, judge, timeoutMs, signal);
}

function peerOf(options: DataLinkOptions, rank: number): DataPeer {
  const peer = options.peers.find((candidate) => candidate.rank === rank);
  if (peer === undefined) throw new ClusterFailedError('PLAN_INCOMPLETE', `The plan does not name node ${rank}.`);
  return peer;
}

function linkProof(secret: Uint8Array, nonce: string, from: number, to: number): string {
  return proofOf(secret, 'hearth data link', [nonce, String(from), String(to)]);
}
