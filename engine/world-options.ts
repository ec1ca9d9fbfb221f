import type { ChildNode, LocalNodeRequest } from './local-node.js';
import type { WindowChoice } from './memory/window-choice.js';
import type { OnProgress } from './report/progress.js';
import type { TlsIdentity } from './wire/device-id.js';

/** How a model is spread over several nodes whose ranks are given by hand. */
export interface WorldOptions {
  worldSize: number;
  /** This device's stored identity; null where all nodes run on this machine. */
  identity: TlsIdentity | null;
  /** One number per rank; only their proportions matter. */
  ratio: readonly number[];
  collective: 'star' | 'ring';
  /** How rank 0 holds its weights. */
  window: WindowChoice;
  /** Starts the other ranks on this machine; null when they are started by hand on other machines. */
  startLocal: ((request: LocalNodeRequest) => ChildNode) | null;
  /** Address this master listens on, and that others are told. */
  masterHost: string;
  masterPort: number;
  filePort: number;
  joinTimeoutMs: number;
  saveDir: string;
  splitBin: boolean;
  /** Rank 0 is ready for the others: the token they need, and the port where it listens. */
  onListening: (token: string, port: number) => void;
  onProgress?: OnProgress;
  say: (line: string) => void;
  signal: AbortSignal;
}
