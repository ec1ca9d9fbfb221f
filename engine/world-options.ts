import type { PlannedNode } from './cluster/plan.js';
import type { ChildNode, InvitedNodeRequest, LocalNodeRequest } from './local-node.js';
import type { WindowChoice } from './memory/window-choice.js';
import type { OnProgress } from './report/progress.js';
import type { TlsIdentity } from './wire/device-id.js';
import type { Transfer } from './wire/transfer.js';

/** Where a master waits for other laptops. Port 0 takes any that is free. */
export interface MasterAddress {
  /** This device's stored identity. */
  identity: TlsIdentity;
  /** Address to listen on. */
  host: string;
  masterPort: number;
  filePort: number;
}

/** How the other ranks of a run come. */
export type Others =
  /** Processes of this machine, which trust each other by the run's token alone. */
  | { kind: 'local'; start: (request: LocalNodeRequest) => ChildNode }
  /** Started by a person on each laptop, who needs the token and the port where this master listens. */
  | { kind: 'byHand'; at: MasterAddress; onListening: (token: string, port: number) => void }
  /** Paired laptops that the cluster asks; none but the device planned for a rank may take it. */
  | {
    kind: 'invited';
    at: MasterAddress;
    /** Every rank but 0. */
    nodes: readonly Pick<PlannedNode, 'rank' | 'deviceId' | 'window'>[];
    invite: (request: InvitedNodeRequest) => ChildNode;
  };

/** How a model is spread over several nodes. */
export interface WorldOptions {
  worldSize: number;
  /** One number per rank; only their proportions matter. */
  ratio: readonly number[];
  collective: 'star' | 'ring';
  /** How rank 0 holds its weights. */
  window: WindowChoice;
  others: Others;
  joinTimeoutMs: number;
  saveDir: string;
  splitBin: boolean;
  /** The others throw away the slices they kept from earlier runs. */
  forceDownload?: boolean;
  /** This node's own long work, and what it sends to others. */
  onProgress?: OnProgress;
  /** Where every node's slice is on its way. */
  onTransfer?: (rank: number, transfer: Transfer) => void;
  say: (line: string) => void;
  signal: AbortSignal;
}
