import { HearthError, WrongUseError } from '../../engine/errors.js';
import type { AnswerEvent } from '../../engine/home-node.js';
import type { AnswerRequest } from '../../engine/loaded-model.js';
import { answerPieces } from '../answer-pieces.js';
import type { AnsweringEngine } from '../answering-engine.js';
import type { AppHome } from './app-home.js';

/** The home as the window's chats see it: whoever leads answers, and whoever leaves meanwhile is told of. */
export function homeEngine(home: AppHome): AnsweringEngine {
  return {
    answer: ({ messages, sampling, maxTokens }, signal) =>
      answerPieces(ask(home, { prompt: { kind: 'chat', messages }, sampling, maxTokens }, signal), home.contextTokens, signal),
    close: () => Promise.resolve(),
  };
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
