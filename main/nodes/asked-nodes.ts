import type { ChildNode, LocalNodeRequest } from '../../engine/local-node.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import type { FromEngineOfNodes, NodeEnded } from './node-messages.js';

/** The engine's end of the nodes that main runs for it. */
export class AskedNodes {
  #asked = 0;
  readonly #ends = new Map<number, (line: string) => void>();

  constructor(private readonly ask: (message: FromEngineOfNodes) => void) {}

  /** Has a node started that holds its weights in this way. */
  start(request: LocalNodeRequest, window: WindowChoice): ChildNode {
    const node = ++this.#asked;
    const exited = new Promise<string>((resolve) => this.#ends.set(node, resolve));
    this.ask({ type: 'startNode', node, request, window });
    return { exited, kill: () => this.ask({ type: 'killNode', node }) };
  }

  /** Main says that a node's process is gone. */
  ended({ node, line }: NodeEnded): void {
    this.#ends.get(node)?.(line);
    this.#ends.delete(node);
  }
}
