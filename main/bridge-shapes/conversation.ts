import { z } from 'zod';
import { sayingShape } from '../../engine/wire/saying.js';
import { ownSamplingShape } from './sampling.js';

/** Chats and messages are named by random UUIDs, made by whoever starts them. */
export const idShape = z.uuid();

/** Characters of one attached file, and of one message without its files. */
export const mostAttachedCharacters = 400_000;
export const mostMessageCharacters = 1_000_000;

export const attachmentShape = z.strictObject({
  name: z.string().min(1).max(255),
  text: z.string().max(mostAttachedCharacters),
});

export const draftShape = z.strictObject({
  text: z.string().max(mostMessageCharacters),
  attachments: z.array(attachmentShape).max(8),
});

/** What one chat sets for itself. */
export const chatSettingsShape = z.strictObject({
  systemPrompt: z.string().max(100_000),
  /** Id of the preset it was taken from; null for none. */
  preset: z.string().max(64).nullable(),
  sampling: ownSamplingShape,
  /** What happens when the model's context is full. */
  whenFull: z.enum(['ask', 'drop-oldest']),
});

/** Figures of an answer that ended. Times in milliseconds. */
export const answerFiguresShape = z.strictObject({
  promptTokens: z.int().min(0),
  cachedTokens: z.int().min(0),
  answerTokens: z.int().min(0),
  ttftMs: z.number().min(0),
  tokensPerSecond: z.number().min(0),
  /** Positions the model has room for, prompt and answer together. */
  contextTokens: z.int().min(0),
});

const at = z.number().min(0);
const title = z.string().max(200);

/** What the window may do to a chat. Each is one line of the chat's file. */
export const personChangeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('created'), at, title, settings: chatSettingsShape }),
  z.strictObject({ kind: z.literal('titled'), title }),
  z.strictObject({ kind: z.literal('settings'), settings: chatSettingsShape }),
  z.strictObject({
    kind: z.literal('asked'), id: idShape, parent: idShape.nullable(), at, ...draftShape.shape,
  }),
  /** The branch that ends in this message is the one shown. */
  z.strictObject({ kind: z.literal('shown'), id: idShape.nullable() }),
  /** The model is told nothing of what stands before this message; null: everything. */
  z.strictObject({ kind: z.literal('cut'), id: idShape.nullable() }),
]);

export const endReasonShape = z.enum(['finished', 'full', 'stopped', 'failed']);

/** What main adds while an answer comes. */
export const answerChangeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('answering'), id: idShape, parent: idShape, at }),
  z.strictObject({ kind: z.literal('text'), id: idShape, text: z.string() }),
  z.strictObject({
    kind: z.literal('end'), id: idShape, reason: endReasonShape, figures: answerFiguresShape.nullable(),
    failure: sayingShape.nullable(),
  }),
]);

export const changeShape = z.discriminatedUnion('kind', [...personChangeShape.options, ...answerChangeShape.options]);

export const messageShape = z.strictObject({
  id: idShape,
  parent: idShape.nullable(),
  role: z.enum(['user', 'assistant']),
  at,
  text: z.string(),
  attachments: z.array(attachmentShape),
  /** Null while an answer comes, and for one whose app ended before it did. */
  end: endReasonShape.nullable(),
  figures: answerFiguresShape.nullable(),
  failure: sayingShape.nullable(),
});

export const conversationShape = z.strictObject({
  id: idShape,
  title,
  createdAt: at,
  changedAt: at,
  settings: chatSettingsShape,
  /** In the order in which they were written. */
  messages: z.array(messageShape),
  shown: idShape.nullable(),
  cut: idShape.nullable(),
});

export const chatSummaryShape = z.strictObject({ id: idShape, title, changedAt: at, messages: z.int().min(0) });

/** What an answer is doing before and between its words. */
export const answerProgressShape = z.discriminatedUnion('type', [
  /** Others are before it: 1 is next. */
  z.strictObject({ type: z.literal('queued'), place: z.int().min(1) }),
  z.strictObject({ type: z.literal('prefill'), doneTokens: z.int().min(0), totalTokens: z.int().min(0) }),
  /** The laptop of this name was lost; the answer goes on by itself. */
  z.strictObject({ type: z.literal('paused'), name: z.string() }),
]);

export const turnShape = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().max(8_000_000),
});

export type Attachment = z.infer<typeof attachmentShape>;
export type Draft = z.infer<typeof draftShape>;
export type ChatSettings = z.infer<typeof chatSettingsShape>;
export type AnswerFigures = z.infer<typeof answerFiguresShape>;
export type PersonChange = z.infer<typeof personChangeShape>;
export type AnswerChange = z.infer<typeof answerChangeShape>;
export type Change = z.infer<typeof changeShape>;
export type Message = z.infer<typeof messageShape>;
export type Conversation = z.infer<typeof conversationShape>;
export type ChatSummary = z.infer<typeof chatSummaryShape>;
export type AnswerProgress = z.infer<typeof answerProgressShape>;
export type Turn = z.infer<typeof turnShape>;
export type EndReason = z.infer<typeof endReasonShape>;
