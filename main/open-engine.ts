import { findModel } from '../engine/catalogue/model-cache.js';
import { WrongUseError } from '../engine/errors.js';
import { TextModel } from '../engine/generate/text-model.js';
import type { AnswerEvent } from '../engine/home-node.js';
import { AnswerQueue } from '../engine/home-node/answer-queue.js';
import { EventStream } from '../engine/home-node/event-stream.js';
import { LoadedModel, type AnswerRequest } from '../engine/loaded-model.js';
import { answerPieces } from './answer-pieces.js';
import type { AnsweringEngine } from './answering-engine.js';
import type { EngineSettings } from './engine-messages.js';
import { localWorld, type StartNode } from './nodes/local-world.js';

const contextTokens = 4096;

/**
 * Opens the model of the settings over processes of this machine. `memoryBytes` is the most that all of them may take here,
 * null for no limit.
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
  const queue = new AnswerQueue();
  return {
    answer: ({ messages, sampling, maxTokens }, signal) => answerPieces(
      inTurn(model, queue, { prompt: { kind: 'chat', messages }, sampling, maxTokens }, signal), model.contextTokens, signal,
    ),
    close: () => model.close(),
  };
}

/** Rejects with InterruptedError for a question that is given up before its turn. */
async function* inTurn(
  model: LoadedModel, queue: AnswerQueue, request: AnswerRequest, signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void> {
  const places = new EventStream<number>();
  const turn = queue.turn((place) => places.push(place), signal).finally(() => places.end());
  // Whoever reads no further gives its turn back all the same.
  turn.catch(() => undefined);
  try {
    for await (const place of places) yield { kind: 'queued', place };
    await turn;
    yield* model.generate(request, signal);
  } finally {
    void turn.then((release) => release(), () => undefined);
  }
}
