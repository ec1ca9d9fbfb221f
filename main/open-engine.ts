import { findModel } from '../engine/catalogue/model-cache.js';
import { WrongUseError } from '../engine/errors.js';
import type { EndReason } from '../engine/generate/generation.js';
import { TextModel } from '../engine/generate/text-model.js';
import { LoadedModel } from '../engine/loaded-model.js';
import type { AnsweringEngine, AnswerPiece } from './answering-engine.js';
import type { EngineSettings } from './engine-messages.js';
import { localWorld, type StartNode } from './nodes/local-world.js';

const answerTokens = 512;
const contextTokens = 2048;

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
  return { answer: (prompt, signal) => answer(model, prompt, signal), close: () => model.close() };
}

async function* answer(model: LoadedModel, prompt: string, signal: AbortSignal): AsyncGenerator<AnswerPiece> {
  const messages = [{ role: 'user', content: prompt } as const];
  const request = { prompt: { kind: 'chat', messages } as const, sampling: { temperature: 0 }, maxTokens: answerTokens };
  for await (const event of model.generate(request, signal)) {
    if (event.kind === 'prefill') continue;
    if (event.text !== '') yield { type: 'text', text: event.text };
    if (event.kind === 'end') yield { type: 'end', reason: reasons[event.reason] };
  }
}
