import type { Progress } from '../report/progress.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

/** What the engine tells its shard's worker thread. `id` comes back with the answer. */
export type ToShard =
  | { kind: 'load'; id: number; settings: ShardSettings; logits: SharedArrayBuffer | null }
  | { kind: 'pass'; id: number; tokens: readonly number[]; position: number; logitRows: number }
  | { kind: 'report'; id: number }
  | { kind: 'close'; id: number };

/** What the worker thread tells the engine. */
export type FromShard =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'done'; id: number; report: ShardReport | null }
  | { kind: 'failed'; id: number; code: string; sentence: string; exitCode: number };
