import type { ChildNode, LocalNodeRequest } from '../../engine/local-node.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import type { OnProgress } from '../../engine/report/progress.js';
import { evenRatio } from '../../engine/slices/ratio.js';
import type { WorldOptions } from '../../engine/world-options.js';

const joinTimeoutMs = 60_000;

export type StartNode = (request: LocalNodeRequest, window: WindowChoice) => ChildNode;

export interface LocalWorld {
  /** Processes that share the model, the engine's own among them. */
  nodes: number;
  /** The most that all of them may take together, in bytes; null for no limit. */
  memoryBytes: number | null;
  start: StartNode;
  onProgress?: OnProgress;
}

/** How the app spreads a model over processes of this machine; undefined where the engine's own holds all of it. */
export function localWorld({ nodes, memoryBytes, start, onProgress }: LocalWorld): WorldOptions | undefined {
  const window = windowOf(nodes, memoryBytes);
  if (nodes === 1 && window.kind === 'off') return undefined;
  return {
    worldSize: nodes,
    ratio: evenRatio(nodes),
    collective: 'star',
    window,
    others: { kind: 'local', start: (request) => start(request, window) },
    joinTimeoutMs,
    saveDir: 'split',
    splitBin: false,
    say: () => undefined,
    signal: new AbortController().signal,
    ...(onProgress === undefined ? {} : { onProgress }),
  };
}

function windowOf(nodes: number, memoryBytes: number | null): WindowChoice {
  if (memoryBytes !== null) return { kind: 'budget', bytes: Math.floor(memoryBytes / nodes) };
  return nodes > 1 ? { kind: 'window', blocks: 2 } : { kind: 'off' };
}
