import { electionStatus, startElection, stepElection, type ElectionEvent, type ElectionStatus, type Remembered } from './election.js';
import { recallElection, rememberElection } from './election-memory.js';
import type { ElectionState, Merits, Standing } from './election-standing.js';

export interface ElectionRunOptions {
  readonly deviceId: string;
  /** This run of the process, 32 hex digits. */
  readonly boot: string;
  readonly merits: Merits;
  /** Where the election's promises are kept. */
  readonly file: string;
  readonly send: (to: string, standing: Standing) => void;
  /** The role, the master, the term or whether it takes work has changed; `before` is null the first time. */
  readonly onStatus: (status: ElectionStatus, before: ElectionStatus | null) => void;
  /** One line for the log. */
  readonly say: (line: string) => void;
}

const tickMs = 250;

/** The election's rules at work: with the clock of this machine, a file for its promises, and others to send to. */
export class ElectionRun {
  #state: ElectionState;
  #noticed: ElectionStatus | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ElectionRunOptions) {
    const { deviceId, boot, merits, file } = options;
    this.#state = startElection(deviceId, boot, merits, performance.now(), recallElection(file));
  }

  get status(): ElectionStatus {
    return electionStatus(this.#state);
  }

  /** Whom the person wants as master; null lets the laptops choose. */
  get pinned(): string | null {
    return this.#state.own.pin.deviceId;
  }

  start(): void {
    this.#timer = setInterval(() => this.take({ kind: 'tick' }), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  take(event: ElectionEvent): void {
    const { state, effects } = stepElection(this.#state, event, performance.now());
    this.#state = state;
    for (const effect of effects) {
      if (effect.kind === 'remember') this.#remember(effect.remembered);
      else this.options.send(effect.to, effect.standing);
    }
    this.#notice();
  }

  #remember(remembered: Remembered): void {
    try {
      rememberElection(this.options.file, remembered);
    } catch (error) {
      // A full disk must not split the home: what this run promised it still knows.
      this.options.say(`The election cannot be stored: ${(error as Error).message}`);
    }
  }

  #notice(): void {
    const { status } = this;
    const before = this.#noticed;
    if (before !== null && before.role === status.role && before.master === status.master && before.term === status.term
      && before.accepting === status.accepting) return;
    this.#noticed = status;
    this.options.onStatus(status, before);
  }
}
