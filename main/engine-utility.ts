import { AnswerHost } from './answer-host.js';
import type { EngineSettings, FromEngine, ToEngine } from './engine-messages.js';
import { openEngine } from './open-engine.js';

/** Entry of the engine's process in the app. */
const settings = JSON.parse(process.argv.at(-1) ?? '') as EngineSettings;
const say = (message: FromEngine): void => process.parentPort.postMessage(message);
const host = new AnswerHost(() => openEngine(settings), (event) => say({ type: 'answer', event }));

process.parentPort.on('message', ({ data }) => {
  const message = data as ToEngine;
  if (message.type === 'ask') void host.ask(message.answer, message.prompt);
  else host.stop(message.answer);
});
say({ type: 'ready' });
