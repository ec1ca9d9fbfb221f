import type { Conversation, Message } from '../../main/bridge-shapes/conversation.js';
import { contentOf, toldOf } from './turns.js';

/** How much of the model's context a chat takes, in tokens. */
export interface ContextUse {
  used: number;
  room: number;
}

/** From here on the person is asked what to do (share of the context). */
export const nearlyFull = 0.85;
/** What is kept when the oldest turns go: half, so that they need not go again at once. */
const keptShare = 0.5;
/** Before a model has counted anything: about what English text has. */
const usualCharactersPerToken = 3.5;

const charactersOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + contentOf(message).length + 8, 0);

/** What the latest answer of a branch has counted, and what was written since by its measure; null before the first answer. */
export function contextUse(conversation: Pick<Conversation, 'settings' | 'cut'>, branch: readonly Message[]): ContextUse | null {
  const at = branch.findLastIndex((message) => message.figures !== null);
  const figures = branch[at]?.figures;
  if (!figures) return null;
  const told = toldOf(branch, conversation.cut);
  const system = conversation.settings.systemPrompt.length;
  const counted = charactersOf(toldOf(branch.slice(0, at + 1), conversation.cut)) + system;
  const now = charactersOf(told) + system;
  const tokens = figures.promptTokens + figures.answerTokens;
  // A cut that was made after the count leaves less than was counted: the characters say how much.
  const perToken = tokens > 0 && counted > 0 && conversation.cut === null ? counted / tokens : usualCharactersPerToken;
  const used = conversation.cut === null ? tokens + (now - counted) / perToken : Math.min(tokens, now / perToken);
  return { used: Math.round(used), room: figures.contextTokens };
}

/**
 * The first message to keep so that about half of the context is free; null if nothing can go. Always a person's turn,
 * and never the last one.
 */
export function cutFor(conversation: Pick<Conversation, 'settings' | 'cut'>, branch: readonly Message[], room: number): string | null {
  const told = toldOf(branch, conversation.cut);
  const budget = room * keptShare * usualCharactersPerToken - conversation.settings.systemPrompt.length;
  const starts = told.filter((message) => message.role === 'user');
  const kept = starts.find((message) => charactersOf(told.slice(told.indexOf(message))) <= budget) ?? starts.at(-1);
  return kept === undefined || kept === told[0] ? null : kept.id;
}
