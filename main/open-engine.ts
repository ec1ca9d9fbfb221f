import { findModel } from '../engine/catalogue/model-cache.js';
import { WrongUseError } from '../engine/errors.js';
import type { EndReason } from '../engine/generate/generation.js';
import { TextModel } from '../engine/generate/text-model.js';
import { LoadedModel } from '../engine/loaded-model.js';
import type { AnsweringEngine, AnswerPiece, ChatQuestion } from './answering-engine.js';
import type { EngineSettings } from './engine-messages.js';
import { localWorld, type StartNode } from './nodes/local-world.js';
import { TurnQueue } from './turn-queue.js';

const contextTokens = 4096;

const reasons: Record<EndReason, 'finished' | 'full' | 'stopped'> = {
  end: 'finished', stop: 'finished', length: 'full', aborted: 'stopped',
};

/**
 * Opens the model of the settings: the only place where the app and the engine meet. `memoryBytes` is the most that all
 * its processes may take here, null for no limit.
 */
export async function openEngine(
  settings: EngineSettings, memoryBytes: number | null, start: StartNode,
): Promise<AnsweringEngine> {
  if (settings.modelPath === null) {
    throw new WrongUseError('NO_MODEL', 'No model is chosen: start Hearth with --model-path and a folder, file or name.');
  }
  const text = await TextModel.open(await findModel(settings.modelPath));
  const world = localWorld({ nodes: settings.localNodes, memoryBytes, start });
  const model = await LoadedModel.load(text, { dtype: null, threads: null, contextTokens, kvDtype: 'f16', world });
  const queue = new TurnQueue();
  return { answer: (question, signal) => answerInTurn(model, queue, question, signal), close: () => model.close() };
}

async function* answerInTurn(
  model: LoadedModel, queue: TurnQueue, question: ChatQuestion, signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  const ticket = {};
  try {
    for await (const place of queue.enter(ticket, signal)) yield { type: 'queued', place };
    if (signal.aborted) yield stoppedInTheQueue(model.contextTokens);
    else yield* answer(model, question, signal);
  } finally {
    queue.leave(ticket);
  }
}

function stoppedInTheQueue(room: number): AnswerPiece {
  const none = { promptTokens: 0, cachedTokens: 0, answerTokens: 0, ttftMs: 0, tokensPerSecond: 0 };
  return { type: 'end', reason: 'stopped', ...none, contextTokens: room };
}

async function* answer(model: LoadedModel, question: ChatQuestion, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
  const { messages, sampling, maxTokens } = question;
  for await (const event of model.generate({ prompt: { kind: 'chat', messages }, sampling, maxTokens }, signal)) {
    if (event.kind === 'prefill') {
      yield { type: 'prefill', doneTokens: event.done, totalTokens: event.total };
      continue;
    }
    if (event.text !== '') yield { type: 'text', text: event.text };
    if (event.kind !== 'end') continue;
    const { promptTokens, cachedTokens, tokens: answerTokens, ttftMs, decodeTokPerS: tokensPerSecond } = event.timing;
    yield {
      type: 'end', reason: reasons[event.reason],
      promptTokens, cachedTokens, answerTokens, ttftMs, tokensPerSecond, contextTokens: model.contextTokens,
    };
  }
}
