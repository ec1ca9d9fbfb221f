import type { AnswerEvent } from './bridge.js';
import type { FromEngineOfNodes, NodeEnded } from './nodes/node-messages.js';
import type { Sharing } from './shell/sharing-policy.js';

/** What main tells the engine's process. Both ends are this app, started together, so types are enough. */
export type ToEngine =
  | { type: 'ask'; answer: number; prompt: string }
  | { type: 'stop'; answer: number }
  /** What this laptop gives to its home from now on. */
  | { type: 'sharing'; sharing: Sharing }
  /** The app ends: say goodbye, and go. */
  | { type: 'close' }
  | NodeEnded;

/** What the engine's process tells main. */
export type FromEngine =
  | { type: 'ready' }
  | { type: 'answer'; event: AnswerEvent }
  | { type: 'standing'; standing: EngineStanding }
  | FromEngineOfNodes;

/** What the tray says of the engine. */
export interface EngineStanding {
  /** Whether this laptop leads the home's model. */
  leads: boolean;
  /** Something is computed here. */
  working: boolean;
  /** What a person should look at, as a sentence; null for nothing. */
  trouble: string | null;
}

/** Of an engine that does nothing yet, or no more. */
export const atRest: EngineStanding = { leads: false, working: false, trouble: null };

/** How the engine is started, as arguments of its process. */
export interface EngineSettings {
  /** A folder, a GGUF file, or a name of the model cache; null until one is chosen. */
  modelPath: string | null;
  /** How many processes of this machine share the model; 1 for the engine's alone. */
  localNodes: number;
}
