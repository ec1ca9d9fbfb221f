import type { SoloOptions } from '../shard/solo-settings.js';
import { sliceFolder } from '../slices/slice-folder.js';
import type { WorldOptions } from '../world-options.js';
import type { ChildNodes } from './child-nodes.js';
import { localThreads } from './shared-cores.js';

export interface Calling {
  world: Pick<WorldOptions, 'others' | 'worldSize' | 'saveDir'>;
  modelPath: string;
  load: Pick<SoloOptions, 'threads'>;
  token: string;
  masterPort: number;
}

/** Starts the others, asks them to come, or tells the person how to. */
export function callOthers({ world, modelPath, load, token, masterPort }: Calling, children: ChildNodes): void {
  const { others, worldSize, saveDir } = world;
  if (others.kind === 'byHand') {
    others.onListening(token, masterPort);
  } else if (others.kind === 'invited') {
    for (const { deviceId, rank, window } of others.nodes) {
      children.add(rank, others.invite({ deviceId, rank, masterPort, token, worldSize, window }));
    }
  } else {
    const threads = localThreads(worldSize, load.threads);
    for (let rank = 1; rank < worldSize; rank++) {
      const folder = sliceFolder(modelPath, saveDir, rank);
      children.add(rank, others.start({ rank, masterPort, token, sliceFolder: folder, threads }));
    }
  }
}
