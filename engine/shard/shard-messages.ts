import type { DataPeer } from '../collective/data-links.js';
import type { HearthError } from '../errors.js';
import type { Progress } from '../report/progress.js';
import type { Saying } from '../saying.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

/** Where a shard waits for data links. */
export interface DataListening {
  host: string;
  /** 0 takes any free port. */
  port: number;
  identity: TlsIdentity;
  /** Rank 0 of a star is its links' master; all others are workers to each other. */
  role: 'master' | 'worker';
}

/** Whom a shard exchanges activations with. */
export interface DataConnecting {
  collective: 'star' | 'ring';
  rank: number;
  worldSize: number;
  identity: TlsIdentity;
  secret: Uint8Array;
  peers: readonly DataPeer[];
  timeoutMs: number;
  /** How long to wait awake for another node before sleeping; 0 where cores are shared by more threads than there are. */
  spinMicroseconds: number;
}

/** What the engine tells its shard's worker thread. `id` comes back with the answer. */
export type ToShard =
  | { kind: 'listen'; id: number; listening: DataListening }
  | { kind: 'connect'; id: number; connecting: DataConnecting }
  | { kind: 'load'; id: number; settings: ShardSettings; logits: SharedArrayBuffer | null }
  | { kind: 'pass'; id: number; tokens: readonly number[]; position: number; logitRows: number; context: number }
  | { kind: 'copyContext'; id: number; from: number; to: number; tokens: number }
  /** Does what rank 0 says until it says goodbye. */
  | { kind: 'follow'; id: number }
  | { kind: 'report'; id: number }
  | { kind: 'close'; id: number };

/** What the worker thread tells the engine. */
export type FromShard =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'done'; id: number; report: ShardReport | null; port: number | null }
  | { kind: 'failed'; id: number; said: Saying; exitCode: HearthError['exitCode']; lostRank: number | null };
