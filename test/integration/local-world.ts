import { parseJoinToken } from '../../engine/cluster/join-token.js';
import { makeIdentity } from '../../engine/cluster/identity.js';
import type { ChildNode, LocalNodeRequest } from '../../engine/local-node.js';
import { gatherWorld, type World } from '../../engine/master-node.js';
import type { WindowChoice } from '../../engine/memory/window-choice.js';
import type { OpenedModel } from '../../engine/model/opened-model.js';
import type { SoloOptions } from '../../engine/shard/solo-settings.js';
import { evenRatio } from '../../engine/slices/ratio.js';
import { runWorkerNode } from '../../engine/worker-node.js';

export interface LocalWorldOptions {
  ratio?: readonly number[];
  worldSize: number;
  collective?: 'star' | 'ring';
  window?: WindowChoice;
  load?: Partial<SoloOptions>;
  saveDir: string;
}

/** A run whose ranks all live in this process, each with a worker thread of its own, joined by real sockets. */
export async function localWorld(model: OpenedModel, options: LocalWorldOptions): Promise<World> {
  const window = options.window ?? { kind: 'off' };
  const load = { dtype: null, threads: 1, contextTokens: 128, kvDtype: 'f32' as const, ...options.load };
  return gatherWorld(model, load, {
    worldSize: options.worldSize,
    ratio: options.ratio ?? evenRatio(options.worldSize),
    collective: options.collective ?? 'star',
    window,
    others: { kind: 'local', start: (request) => startHere(request, window) },
    joinTimeoutMs: 30_000,
    saveDir: options.saveDir,
    splitBin: false,
    say: () => undefined,
    signal: new AbortController().signal,
  });
}

function startHere(request: LocalNodeRequest, window: WindowChoice): ChildNode {
  const stop = new AbortController();
  const run = async (): Promise<string> => {
    try {
      await runWorkerNode({
        identity: await makeIdentity(),
        rank: request.rank,
        masterHost: '127.0.0.1',
        masterPort: request.masterPort,
        filePort: null,
        token: parseJoinToken(request.token),
        joinTimeoutMs: 10_000,
        window,
        threads: request.threads,
        sliceFolder: request.sliceFolder,
        forceDownload: false,
        spinMicroseconds: 0,
        hearthVersion: 'test',
        say: () => undefined,
        signal: stop.signal,
      });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  return { exited: run(), kill: () => stop.abort() };
}
