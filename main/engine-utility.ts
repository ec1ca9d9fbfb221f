import { AnswerHost } from './answer-host.js';
import type { ChatQuestion } from './answering-engine.js';
import { atRest, type EngineSettings, type FromEngine, type EngineStanding, type ToEngine } from './engine-messages.js';
import { hearthHome } from '../engine/catalogue/models-folder.js';
import { HearthError, sayingOf } from '../engine/errors.js';
import { AppHome } from './home/app-home.js';
import { homeEngine } from './home/home-engine.js';
import type { HomeCommand } from './home/home-messages.js';
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

const place = settings.alone ? { host: '127.0.0.1', port: 0, pairingPort: 0, discovers: false } : {};
const home = new AppHome(
  { folder: hearthHome(), ...place },
  (news) => {
    if (news.kind === 'home') tellStanding({ leads: news.state.role === 'master' && news.state.model !== null });
    if (news.kind === 'node') tellStanding({ trouble: news.problem?.sentence ?? null });
    say({ type: 'news', news });
  },
  (line) => console.error(line),
);

const host = new AnswerHost(
  async () => {
    if (settings.localNodes === 1) return homeEngine(home);
    const engine = await openEngine(settings, memoryBytes, (request, window) => nodes.start(request, window));
    tellStanding({ leads: true });
    return engine;
  },
  (event) => say({ type: 'answer', event }),
);
let running = 0;

async function answer(number: number, question: ChatQuestion): Promise<void> {
  running += 1;
  tellStanding({ working: true });
  await host.ask(number, question);
  running -= 1;
  tellStanding({ working: running > 0 });
}

async function carryOut(id: number, command: HomeCommand): Promise<void> {
  try {
    say({ type: 'homeDone', id, outcome: { ok: true, value: await home.command(command) } });
  } catch (error) {
    say({ type: 'homeDone', id, outcome: { ok: false, said: sayingOf(error), exitCode: error instanceof HearthError ? error.exitCode : 4 } });
  }
}

async function close(): Promise<void> {
  await host.close();
  await home.close();
  process.exit(0);
}

process.parentPort.on('message', ({ data }) => {
  const message = data as ToEngine;
  if (message.type === 'ask') void answer(message.answer, message.question);
  else if (message.type === 'stop') host.stop(message.answer);
  // A model that is open keeps what it has; the next one is opened with this.
  else if (message.type === 'sharing') {
    memoryBytes = message.sharing.memoryBytes;
    if (settings.localNodes === 1) void home.command({ kind: 'share', reason: message.sharing.reason }).catch(() => undefined);
  } else if (message.type === 'home') void carryOut(message.id, message.command);
  else if (message.type === 'nodeEnded') nodes.ended(message);
  else void close();
});
say({ type: 'ready' });
