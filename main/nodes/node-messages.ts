import type { LocalNodeRequest } from '../../engine/local-node.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';

/** What a node of this machine is started with. It travels as a message: the token in it belongs on no command line. */
export interface NodeOrder {
  request: LocalNodeRequest;
  /** How it holds its weights. */
  window: WindowChoice;
}

/** What the engine's process asks of main: one utility process cannot start another. `node` is the engine's own number for it. */
export type FromEngineOfNodes =
  | ({ type: 'startNode'; node: number } & NodeOrder)
  | { type: 'killNode'; node: number };

/** What main tells the engine: a node is gone, with the last line it had to say. */
export interface NodeEnded {
  type: 'nodeEnded';
  node: number;
  line: string;
}

/** What a node's process tells main before it is ended. */
export interface FromNode {
  type: 'ended';
  line: string;
}
