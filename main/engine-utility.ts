import { AnswerHost } from './answer-host.js';
import { atRest, type EngineSettings, type FromEngine, type EngineStanding, type ToEngine } from './engine-messages.js';
import { AskedNodes } from './nodes/asked-nodes.js';
import { openEngine } from './open-engine.js';

/** Entry of the engine's process in the app. */
const settings = JSON.parse(process.argv.at(-1) ?? '') as EngineSettings;
const say = (message: FromEngine): void => process.parentPort.postMessage(message);
const nodes = new AskedNodes(say);
let memoryBytes: number | null = null;
const standing: EngineStanding = { ...atRest };

function tellStanding(change: Partial<EngineStanding>): void {
  Object.assign(standing, change);
  say({ type: 'standing', standing });
}

const host = new AnswerHost(
  async () => {
    const engine = await openEngine(settings, memoryBytes, (request, window) => nodes.start(request, window));
    tellStanding({ leads: true });
    return engine;
  },
  (event) => say({ type: 'answer', event }),
);
let running = 0;

async function answer(number: number, prompt: string): Promise<void> {
  running += 1;
  tellStanding({ working: true });
  await host.ask(number, prompt);
  running -= 1;
  tellStanding({ working: running > 0 });
}

async function close(): Promise<void> {
  await host.close();
  process.exit(0);
}

process.parentPort.on('message', ({ data }) => {
  const message = data as ToEngine;
  if (message.type === 'ask') void answer(message.answer, message.prompt);
  else if (message.type === 'stop') host.stop(message.answer);
  // A model that is open keeps what it has; the next one is opened with this.
  else if (message.type === 'sharing') memoryBytes = message.sharing.memoryBytes;
  else if (message.type === 'nodeEnded') nodes.ended(message);
  else void close();
});
say({ type: 'ready' });
