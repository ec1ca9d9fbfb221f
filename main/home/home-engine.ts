import { HearthError, WrongUseError } from '../../engine/errors.js';
import type { EndReason } from '../../engine/generate/generation.js';
import type { AnswerEvent } from '../../engine/home-node.js';
import type { AnswerRequest } from '../../engine/loaded-model.js';
import type { AnsweringEngine, AnswerPiece, ChatQuestion } from '../answering-engine.js';
import type { AppHome } from './app-home.js';

const reasons: Record<EndReason, 'finished' | 'full' | 'stopped'> = {
  end: 'finished', stop: 'finished', length: 'full', aborted: 'stopped',
};

/** The home as the window's chats see it: whoever leads answers, and whoever leaves meanwhile is told of. */
export function homeEngine(home: AppHome): AnsweringEngine {
  return { answer: (question, signal) => answer(home, question, signal), close: () => Promise.resolve() };
}

/** What the engine says of a home without a model is for the command line; here the person has a page for it. */
async function* ask(home: AppHome, request: AnswerRequest, signal: AbortSignal): AsyncGenerator<AnswerEvent, void> {
  try {
    yield* (await home.node()).ask(request, signal);
  } catch (error) {
    if (!(error instanceof HearthError) || error.code !== 'NO_MODEL') throw error;
    throw new WrongUseError('NO_MODEL', 'No laptop of this home has a model yet: choose one on the Models page.');
  }
}

async function* answer(home: AppHome, question: ChatQuestion, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
  const { messages, sampling, maxTokens } = question;
  for await (const event of ask(home, { prompt: { kind: 'chat', messages }, sampling, maxTokens }, signal)) {
    if (event.kind === 'queued') yield { type: 'queued', place: event.place };
    else if (event.kind === 'prefill') yield { type: 'prefill', doneTokens: event.done, totalTokens: event.total };
    else if (event.kind === 'paused') yield { type: 'paused', sentence: `${event.name} left. The answer goes on with the others.` };
    else if (event.kind !== 'resumed') {
      if (event.text !== '') yield { type: 'text', text: event.text };
      if (event.kind !== 'end') continue;
      const { promptTokens, cachedTokens, tokens: answerTokens, ttftMs, decodeTokPerS: tokensPerSecond } = event.timing;
      const contextTokens = home.contextTokens;
      yield {
        type: 'end', reason: reasons[event.reason], promptTokens, cachedTokens, answerTokens, ttftMs, tokensPerSecond, contextTokens,
      };
    }
  }
}
