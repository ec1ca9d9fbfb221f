import { utilityProcess, type UtilityProcess } from 'electron';
import { HearthError } from '../engine/errors.js';
import type { AnswerEvent, EngineState } from './bridge.js';
import type { EngineSettings, FromEngine, ToEngine } from './engine-messages.js';
import { engineRestart, restartDelay } from './restart-policy.js';

class EngineDownError extends HearthError {
  constructor(sentence: string) {
    super('ENGINE_DOWN', sentence, 4);
  }
}

export interface EngineListeners {
  answer(event: AnswerEvent): void;
  state(state: EngineState): void;
}

/**
 * The engine in a process of its own: the window stays responsive whatever it does, and when it crashes, its answers
 * end with a sentence and it is started again.
 */
export class EngineProcess {
  #child: UtilityProcess | null = null;
  #state: EngineState = { state: 'starting' };
  #endTimes: number[] = [];
  #restart: NodeJS.Timeout | null = null;
  #closed = false;
  readonly #answers = new Set<number>();

  constructor(
    private readonly entry: string,
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
    const child = utilityProcess.fork(this.entry, [JSON.stringify(this.settings)], { serviceName: 'Hearth engine' });
    child.on('message', (message: FromEngine) => this.#hear(message));
    child.once('exit', () => this.#ended(child));
    this.#child = child;
  }

  ask(answer: number, prompt: string): void {
    if (this.#child === null || this.#state.state === 'down') {
      throw new EngineDownError(this.#state.state === 'down' ? this.#state.sentence : 'The engine is starting again.');
    }
    this.#answers.add(answer);
    this.#tell({ type: 'ask', answer, prompt });
  }

  stop(answer: number): void {
    if (this.#answers.has(answer)) this.#tell({ type: 'stop', answer });
  }

  /** Ends the process for good. */
  close(): void {
    this.#closed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#child?.kill();
  }

  #tell(message: ToEngine): void {
    this.#child?.postMessage(message);
  }

  #hear(message: FromEngine): void {
    if (message.type === 'ready') return this.#setState({ state: 'ready' });
    if (message.event.type !== 'text') this.#answers.delete(message.event.answer);
    this.listeners.answer(message.event);
  }

  #ended(child: UtilityProcess): void {
    if (child !== this.#child) return;
    this.#child = null;
    if (this.#closed) return;
    const sentence = 'The engine stopped unexpectedly: ask again.';
    for (const answer of this.#answers) this.listeners.answer({ type: 'failed', answer, code: 'ENGINE_CRASHED', sentence });
    this.#answers.clear();
    this.#endTimes.push(Date.now());
    const delay = restartDelay(engineRestart, this.#endTimes);
    if (delay === null) {
      this.#setState({ state: 'down', sentence: 'The engine keeps stopping: restart Hearth, or choose another model.' });
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
