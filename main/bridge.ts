import { z } from 'zod';
import type { Saying } from '../engine/saying.js';
import { sayingShape } from '../engine/wire/saying.js';
import {
  answerFiguresShape, answerProgressShape, chatSummaryShape, conversationShape, draftShape, endReasonShape, idShape, personChangeShape,
  turnShape,
} from './bridge-shapes/conversation.js';
import { apiShape, homeCommandShape, homeStateShape, pairingShape } from './bridge-shapes/home.js';
import { forecastShape, machineShape, wishShape } from './bridge-shapes/machine.js';
import { downloadShape, modelIdShape, modelPreviewShape, modelRowShape, storageShape } from './bridge-shapes/models.js';
import { samplingShape } from './bridge-shapes/sampling.js';
import { settingsShape } from './bridge-shapes/settings.js';

/**
 * Everything that the window and main may say to each other, in one table. Main checks every payload that comes in and
 * every event that goes out against it; the window reads its types only. Shapes by subject stand in `bridge-shapes/`.
 */

/** Which answer is meant: a message of a chat. */
const answer = { chat: idShape, message: idShape };
const chat = z.strictObject({ chat: idShape });

/** Events from main to the window. */
export const events = {
  answer: z.discriminatedUnion('type', [
    /** `at`: how many characters of the answer come before this piece. */
    z.strictObject({ type: z.literal('text'), ...answer, at: z.int().min(0), text: z.string() }),
    z.strictObject({ type: z.literal('progress'), ...answer, progress: answerProgressShape }),
    z.strictObject({
      type: z.literal('end'), ...answer, reason: endReasonShape, figures: answerFiguresShape.nullable(), failure: sayingShape.nullable(),
    }),
  ]),
  engine: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('starting') }),
    z.strictObject({ state: z.literal('ready') }),
    z.strictObject({ state: z.literal('down'), why: sayingShape }),
  ]),
  settings: settingsShape,
  home: z.strictObject({ state: homeStateShape.nullable(), problem: sayingShape.nullable() }),
  pairing: pairingShape,
  api: apiShape,
  /** Models have changed, or how their move goes: ask for them again. */
  models: z.null(),
  /** Something that went wrong beside all calls. */
  trouble: sayingShape,
} as const;

/** Calls from the window to main: each has one payload and one reply. */
export const calls = {
  /** All chats, the latest first, and what is to be said of each file that was found damaged. */
  chats: { payload: z.null(), reply: z.strictObject({ chats: z.array(chatSummaryShape), troubles: z.array(sayingShape) }) },
  /** What was written for a chat and not sent yet. */
  draft: { payload: chat, reply: draftShape.nullable() },
  /** One chat as it stands, with the answers that are still coming; what comes after is told by `answer` events. */
  openChat: {
    payload: chat,
    reply: z.strictObject({
      conversation: conversationShape,
      coming: z.array(z.strictObject({ message: idShape, progress: answerProgressShape.nullable() })),
      draft: draftShape.nullable(),
    }),
  },
  /** Adds a change to a chat; `created` starts a new one. It is on the disk when the reply comes. */
  changeChat: { payload: chat.extend({ change: personChangeShape }), reply: z.null() },
  /** Puts a chat out of sight; `restoreChat` brings it back until the app ends. */
  deleteChat: { payload: chat, reply: z.null() },
  restoreChat: { payload: chat, reply: z.null() },
  /** Messages and titles that contain the words, whatever their case. */
  searchChats: {
    payload: z.strictObject({ query: z.string().trim().min(1).max(200) }),
    reply: z.array(z.strictObject({ chat: idShape, title: z.string(), message: idShape.nullable(), excerpt: z.string() })),
  },
  /** Asks where to save a chat and writes it there; the reply is the file, or null if the person thought better of it. */
  exportChat: { payload: chat.extend({ format: z.enum(['markdown', 'json']) }), reply: z.string().nullable() },
  /** What was written and not sent yet; null forgets it. A chat that is not begun yet has a draft too. */
  keepDraft: { payload: chat.extend({ draft: draftShape.nullable() }), reply: z.null() },
  /** Has the last of `turns` answered, as message `message` after `parent`; it arrives as `answer` events. */
  ask: {
    payload: z.strictObject({
      ...answer, parent: idShape, turns: z.array(turnShape).min(1).max(20_000), sampling: samplingShape.extend({ seed: z.int().min(0) }),
    }),
    reply: z.null(),
  },
  /** Stops an answer; its `end` event still comes. */
  stop: { payload: z.strictObject(answer), reply: z.null() },
  /** Puts text on the clipboard. */
  copyText: { payload: z.strictObject({ text: z.string().max(4_000_000) }), reply: z.null() },
  /** Shows the person where a link leads and opens it in their browser if they agree. */
  openLink: { payload: z.strictObject({ url: z.url({ protocol: /^https$/ }).max(4_000) }), reply: z.null() },
  /** How the engine is at this moment; changes arrive as `engine` events. */
  engineState: { payload: z.null(), reply: events.engine },
  /** What the person chose for the app; changes arrive as `settings` events. */
  settings: { payload: z.null(), reply: settingsShape },
  changeSettings: { payload: settingsShape.partial(), reply: settingsShape },
  /** How the home stands, and why this laptop has no part in it; changes arrive as `home` events. */
  home: { payload: z.null(), reply: events.home },
  pairing: { payload: z.null(), reply: events.pairing },
  homeCommand: { payload: homeCommandShape, reply: z.null() },
  /** How the local API stands; changes arrive as `api` events. */
  api: { payload: z.null(), reply: events.api },
  /** Makes a key of the local API; it is told this once. */
  newApiKey: { payload: z.strictObject({ name: z.string().trim().min(1).max(64) }), reply: z.string() },
  removeApiKey: { payload: z.strictObject({ name: z.string().max(64) }), reply: z.null() },
  /** This laptop and where its things lie. */
  machine: { payload: z.null(), reply: machineShape },
  /** What would come of another memory window, memory or context length; null while the home is not known yet. */
  forecast: { payload: wishShape, reply: forecastShape.nullable() },
  /** All models with their fit for the home as it is, or if this laptop offered so much memory. */
  models: { payload: z.strictObject({ memoryBytes: z.int().positive() }).nullable(), reply: z.array(modelRowShape) },
  /** What is being fetched; asking costs nothing. */
  downloads: { payload: z.null(), reply: z.array(downloadShape) },
  /** What fetching a model would bring, its licence included. */
  previewModel: { payload: modelIdShape, reply: modelPreviewShape },
  /** Fetches a model, or goes on with it; with `use` the home is led with it as soon as it is whole. */
  pullModel: { payload: modelIdShape.extend({ use: z.boolean() }), reply: z.null() },
  pauseModel: { payload: modelIdShape, reply: z.null() },
  verifyModel: { payload: modelIdShape, reply: z.null() },
  removeModel: { payload: modelIdShape.extend({ source: z.enum(['cache', 'linked']) }), reply: z.null() },
  /** Where models still lie beside the folder that they are fetched into. */
  storage: { payload: z.null(), reply: storageShape },
  /** Moves them all there; `stopMove` leaves those that were not moved yet where they are. */
  moveModels: { payload: z.null(), reply: z.null() },
  stopMove: { payload: z.null(), reply: z.null() },
  /** Lets the person pick the folder that models are fetched into; null if they thought better of it. */
  chooseModelsFolder: { payload: z.null(), reply: z.string().nullable() },
  /** Remembers a model of this disk; with null the person picks it. The reply is its path, null if nothing was picked. */
  linkModel: { payload: z.strictObject({ path: z.string().min(1).max(4096).nullable() }), reply: z.string().nullable() },
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
  | ({ ok: false } & Saying);

/** What preload puts on the window as `hearth`. */
export interface WindowBridge {
  call(name: string, payload: unknown): Promise<unknown>;
  listen(listener: (name: string, event: unknown) => void): () => void;
  /** Where a file that was dropped on the window lies on this disk. */
  pathOf(file: object): string;
}

/** The two channels that everything above travels on. */
export const callChannel = 'hearth:call';
export const eventChannel = 'hearth:event';
