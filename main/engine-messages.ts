import type { HearthError } from '../engine/errors.js';
import type { Saying } from '../engine/saying.js';
import type { AnswerPiece, ChatQuestion } from './answering-engine.js';
import type { HomeCommand, HomeNews } from './home/home-messages.js';
import type { FromEngineOfNodes, NodeEnded } from './nodes/node-messages.js';
import type { Sharing } from './shell/sharing-policy.js';

/** A piece of the answer with this number, or why there is none. */
export type EngineAnswer = { answer: number } & (AnswerPiece | ({ type: 'failed' } & Saying));

/** What main tells the engine's process. Both ends are this app, started together, so types are enough. */
export type ToEngine =
  | { type: 'ask'; answer: number; question: ChatQuestion }
  | { type: 'stop'; answer: number }
  | { type: 'home'; id: number; command: HomeCommand }
  /** What this laptop gives to its home from now on. */
  | { type: 'sharing'; sharing: Sharing }
  /** The app ends: say goodbye, and go. */
  | { type: 'close' }
  | NodeEnded;

/** What the engine's process tells main. */
export type FromEngine =
  | { type: 'ready' }
  | { type: 'answer'; event: EngineAnswer }
  | { type: 'standing'; standing: EngineStanding }
  | { type: 'homeDone'; id: number; outcome: { ok: true; value: unknown } | { ok: false; said: Saying; exitCode: HearthError['exitCode'] } }
  | { type: 'news'; news: HomeNews }
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
  /** Keeps to this machine: announces nothing, and listens on the loopback only. */
  alone: boolean;
}
