import { utilityProcess, type UtilityProcess } from 'electron';
import type { FromEngineOfNodes, FromNode, NodeEnded, NodeOrder } from './node-messages.js';

/** The node processes that main runs for one engine; they end with it. */
export class NodeProcesses {
  readonly #running = new Map<number, UtilityProcess>();

  constructor(
    private readonly entry: string,
    private readonly tell: (message: NodeEnded) => void,
  ) {}

  /** Does what the engine asks for. */
  hear(message: FromEngineOfNodes): void {
    if (message.type === 'startNode') this.#start(message.node, { request: message.request, window: message.window });
    else this.#running.get(message.node)?.kill();
  }

  /** Ends all: their engine is gone. */
  endAll(): void {
    for (const child of this.#running.values()) child.kill();
  }

  #start(node: number, order: NodeOrder): void {
    const child = utilityProcess.fork(this.entry, [], { serviceName: 'Hearth node' });
    let line: string | null = null;
    this.#running.set(node, child);
    child.on('message', (message: FromNode) => {
      line = message.line;
      child.kill();
    });
    child.once('exit', (code) => {
      this.#running.delete(node);
      this.tell({ type: 'nodeEnded', node, line: line ?? (code === 0 ? '' : `its process ended with ${code}.`) });
    });
    child.postMessage(order);
  }
}
