import type { BridgeHandlers } from '../bridge-handlers.js';
import type { EngineProcess } from '../engine-process.js';
import type { HomeMemory } from './home-view.js';

type HomeCallName = 'home' | 'pairing' | 'homeCommand' | 'api' | 'newApiKey' | 'removeApiKey';

/** What main does for the laptops page and the switch of the local API: all of it happens in the engine's process. */
export function homeCalls(engine: EngineProcess, memory: HomeMemory): Pick<BridgeHandlers, HomeCallName> {
  return {
    home: () => ({ state: memory.view, problem: memory.problem }),
    pairing: () => memory.pairing,
    homeCommand: async (command) => {
      await engine.command(command);
      return null;
    },
    api: () => memory.api,
    newApiKey: async ({ name }) => String(await engine.command({ kind: 'newApiKey', name })),
    removeApiKey: async ({ name }) => {
      await engine.command({ kind: 'removeApiKey', name });
      return null;
    },
  };
}
