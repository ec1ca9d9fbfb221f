import type { WindowChoice } from './memory/window-choice.js';

/** What a node on this same machine is started with. The token is a secret: it does not belong on a command line. */
export interface LocalNodeRequest {
  rank: number;
  masterPort: number;
  token: string;
  sliceFolder: string;
  threads: number;
}

/** What a paired laptop is told when it is asked to take part in a run. The token is a secret of this run. */
export interface InvitedNodeRequest {
  /** Whom to ask; nobody else may come in its place. */
  deviceId: string;
  rank: number;
  worldSize: number;
  masterPort: number;
  token: string;
  /** How it is to hold its weights. */
  window: WindowChoice;
}

/** A node that was started here, or asked to come. */
export interface ChildNode {
  /** Resolves when it takes part no more: with the last line it wrote on standard error, or the reason it gave. */
  exited: Promise<string>;
  kill: () => void;
}
