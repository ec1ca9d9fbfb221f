import { z } from 'zod';
import { settingsShape } from './bridge-shapes/settings.js';

/**
 * Everything that the window and main may say to each other, in one table. Main checks every payload that comes in and
 * every event that goes out against it; the window reads its types only.
 */

/** Which answer is meant; the window counts its own. */
const answer = z.int().positive();

/** Events from main to the window. */
export const events = {
  answer: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), answer, text: z.string() }),
    z.strictObject({ type: z.literal('end'), answer, reason: z.enum(['finished', 'full', 'stopped']) }),
    z.strictObject({ type: z.literal('failed'), answer, code: z.string(), sentence: z.string() }),
  ]),
  engine: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('starting') }),
    z.strictObject({ state: z.literal('ready') }),
    z.strictObject({ state: z.literal('down'), sentence: z.string() }),
  ]),
  settings: settingsShape,
} as const;

/** Calls from the window to main: each has one payload and one reply. */
export const calls = {
  /** Asks for an answer to a prompt; it arrives as `answer` events with the same number. */
  ask: { payload: z.strictObject({ answer, prompt: z.string().trim().min(1).max(1_000_000) }), reply: z.null() },
  /** Stops an answer; its `end` event still comes. */
  stop: { payload: z.strictObject({ answer }), reply: z.null() },
  /** How the engine is at this moment; changes arrive as `engine` events. */
  engineState: { payload: z.null(), reply: events.engine },
  /** What the person chose for the app; changes arrive as `settings` events. */
  settings: { payload: z.null(), reply: settingsShape },
  changeSettings: { payload: settingsShape.partial(), reply: settingsShape },
} as const;

export type CallName = keyof typeof calls;
export type EventName = keyof typeof events;
export type Payload<Name extends CallName> = z.infer<(typeof calls)[Name]['payload']>;
export type Reply<Name extends CallName> = z.infer<(typeof calls)[Name]['reply']>;
export type BridgeEvent<Name extends EventName> = z.infer<(typeof events)[Name]>;
export type AnswerEvent = BridgeEvent<'answer'>;
export type EngineState = BridgeEvent<'engine'>;

/** What a call comes back as: an error crosses as plain data, since its class would not. */
export type Outcome<Name extends CallName> =
  | { ok: true; reply: Reply<Name> }
  | { ok: false; code: string; sentence: string };

/** What preload puts on the window as `hearth`. */
export interface WindowBridge {
  call(name: string, payload: unknown): Promise<unknown>;
  listen(listener: (name: string, event: unknown) => void): () => void;
}

/** The two channels that everything above travels on. */
export const callChannel = 'hearth:call';
export const eventChannel = 'hearth:event';
