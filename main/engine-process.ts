import { utilityProcess, type UtilityProcess } from 'electron';
import { HearthError, toldError } from '../engine/errors.js';
import { saying } from '../engine/saying.js';
import type { ChatQuestion } from './answering-engine.js';
import type { EngineState } from './bridge.js';
import {
  atRest, type EngineAnswer, type EngineSettings, type EngineStanding, type FromEngine, type ToEngine,
} from './engine-messages.js';
import type { HomeCommand, HomeNews, HomeSettings } from './home/home-messages.js';
import { NodeProcesses } from './nodes/node-processes.js';
import { engineRestart, restartDelay } from './restart-policy.js';
import type { Sharing } from './shell/sharing-policy.js';

/** What was asked of the engine while there was none. */
function engineDown(): HearthError {
  return new HearthError('ENGINE_DOWN', 'The engine is starting again: try again in a moment.', 4);
}

const crashed = saying('ENGINE_CRASHED', 'The engine stopped unexpectedly: ask again.', {});
const keepsStopping = saying('ENGINE_KEEPS_STOPPING', 'The engine keeps stopping: restart Hearth, or choose another model.', {});

export interface EngineListeners {
  answer(event: EngineAnswer): void;
  state(state: EngineState): void;
  standing(standing: EngineStanding): void;
  news(news: HomeNews): void;
}

/** The scripts of the processes. */
export interface EngineEntries {
  engine: string;
  node: string;
}

/** How long an engine may take to say goodbye to its home. */
const goodbyeMs = 4_000;

/**
 * The engine in a process of its own: the window stays responsive whatever it does, and when it crashes, its answers
 * end with a sentence and it is started again.
 */
export class EngineProcess {
  #child: UtilityProcess | null = null;
  #sharing: Sharing | null = null;
  #state: EngineState = { state: 'starting' };
  #endTimes: number[] = [];
  #restart: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #answers = new Set<number>();
  readonly #commands = new Map<number, { done: (value: unknown) => void; fail: (error: Error) => void }>();
  #lastCommand = 0;
  #home: HomeSettings | null = null;

  constructor(
    private readonly entries: EngineEntries,
    private readonly settings: EngineSettings,
    private readonly listeners: EngineListeners,
  ) {}

  get state(): EngineState {
    return this.#state;
  }

  /** The engine's process, for those who watch it; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#setState({ state: 'starting' });
    const child = utilityProcess.fork(this.entries.engine, [JSON.stringify(this.settings)], { serviceName: 'Hearth engine' });
    const nodes = new NodeProcesses(this.entries.node, (message) => child === this.#child && child.postMessage(message));
    child.on('message', (message: FromEngine) => this.#hear(message, nodes));
    child.once('exit', () => this.#ended(child, nodes));
    this.#child = child;
    if (this.#sharing !== null) this.#tell({ type: 'sharing', sharing: this.#sharing });
    if (this.#home !== null) this.configure(this.#home);
  }

  ask(answer: number, question: ChatQuestion): void {
    if (this.#state.state === 'down') throw toldError(this.#state.why);
    if (this.#child === null) throw engineDown();
    this.#answers.add(answer);
    this.#tell({ type: 'ask', answer, question });
  }

  stop(answer: number): void {
    if (this.#answers.has(answer)) this.#tell({ type: 'stop', answer });
  }

  /** Has the engine's process do something for the home. Rejects with what kept it from it. */
  command(command: HomeCommand): Promise<unknown> {
    if (this.#child === null) return Promise.reject(engineDown());
    const id = (this.#lastCommand += 1);
    return new Promise((done, fail) => {
      this.#commands.set(id, { done, fail });
      this.#tell({ type: 'home', id, command });
    });
  }

  /** What the home is run by, now and after every start. What is wrong with it is told by `news`. */
  configure(settings: HomeSettings): void {
    this.#home = settings;
    this.command({ kind: 'configure', settings }).catch(() => undefined);
  }

  /** What this laptop gives from now on. */
  share(sharing: Sharing): void {
    this.#sharing = sharing;
    this.#tell({ type: 'sharing', sharing });
  }

  /** Lets the engine say goodbye and ends its process for good, whatever it does. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.#tell({ type: 'close' });
    const patience = setTimeout(() => child.kill(), goodbyeMs);
    await ended;
    clearTimeout(patience);
  }

  #tell(message: ToEngine): void {
    this.#child?.postMessage(message);
  }

  #hear(message: FromEngine, nodes: NodeProcesses): void {
    if (message.type === 'ready') return this.#setState({ state: 'ready' });
    if (message.type === 'standing') return this.listeners.standing(message.standing);
    if (message.type === 'news') return this.listeners.news(message.news);
    if (message.type === 'homeDone') return this.#commandDone(message);
    if (message.type !== 'answer') return nodes.hear(message);
    if (message.event.type === 'end' || message.event.type === 'failed') this.#answers.delete(message.event.answer);
    this.listeners.answer(message.event);
  }

  #commandDone({ id, outcome }: Extract<FromEngine, { type: 'homeDone' }>): void {
    const command = this.#commands.get(id);
    this.#commands.delete(id);
    if (outcome.ok) command?.done(outcome.value);
    else command?.fail(toldError(outcome.said, outcome.exitCode));
  }

  #ended(child: UtilityProcess, nodes: NodeProcesses): void {
    nodes.endAll();
    if (child !== this.#child) return;
    this.#child = null;
    if (this.#closed) return;
    this.listeners.standing(atRest);
    for (const { fail } of this.#commands.values()) fail(engineDown());
    this.#commands.clear();
    for (const answer of this.#answers) this.listeners.answer({ type: 'failed', answer, ...crashed });
    this.#answers.clear();
    this.#endTimes.push(Date.now());
    const delay = restartDelay(engineRestart, this.#endTimes);
    if (delay === null) {
      this.#setState({ state: 'down', why: keepsStopping });
    } else {
      this.#setState({ state: 'starting' });
      this.#restart = setTimeout(() => this.start(), delay);
    }
  }

  #setState(state: EngineState): void {
    this.#state = state;
    this.listeners.state(state);
  }
}
