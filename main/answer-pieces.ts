import { InterruptedError } from '../engine/errors.js';
import type { EndReason } from '../engine/generate/generation.js';
import type { AnswerEvent } from '../engine/home-node.js';
import type { AnswerPiece } from './answering-engine.js';

const reasons: Record<EndReason, 'finished' | 'full' | 'stopped'> = {
  end: 'finished', stop: 'finished', length: 'full', aborted: 'stopped',
};

/**
 * What the engine tells of an answer, as the app's chats take it. One that is stopped before its first pass, while it waits
 * for its turn or for the model, ends like one that is stopped later.
 *
 * @param contextTokens positions there is room for, prompt and answer together
 */
export async function* answerPieces(
  events: AsyncIterable<AnswerEvent>, contextTokens: number, signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  try {
    for await (const event of events) yield* piecesOf(event, contextTokens);
  } catch (error) {
    if (!signal.aborted || !(error instanceof InterruptedError)) throw error;
    const none = { promptTokens: 0, cachedTokens: 0, answerTokens: 0, ttftMs: 0, tokensPerSecond: 0 };
    yield { type: 'end', reason: 'stopped', ...none, contextTokens };
  }
}

function* piecesOf(event: AnswerEvent, contextTokens: number): Generator<AnswerPiece> {
  if (event.kind === 'queued') yield { type: 'queued', place: event.place };
  else if (event.kind === 'prefill') yield { type: 'prefill', doneTokens: event.done, totalTokens: event.total };
  else if (event.kind === 'paused') yield { type: 'paused', name: event.name };
  else if (event.kind !== 'resumed') {
    if (event.text !== '') yield { type: 'text', text: event.text };
    if (event.kind !== 'end') return;
    const { promptTokens, cachedTokens, tokens: answerTokens, ttftMs, decodeTokPerS: tokensPerSecond } = event.timing;
    yield {
      type: 'end', reason: reasons[event.reason], promptTokens, cachedTokens, answerTokens, ttftMs, tokensPerSecond, contextTokens,
    };
  }
}
