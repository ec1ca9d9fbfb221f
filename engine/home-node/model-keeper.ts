import { basename } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import { ClusterFailedError, HearthError, InterruptedError } from '../errors.js';
import { TextModel } from '../generate/text-model.js';
import { HomeModel, type HomeModelEvent, type HomeModelOptions } from '../home-model.js';
import type { HeldWeights } from '../memory/window-choice.js';
import { settledRss } from '../report/process-memory.js';
import { factsOf, afterEvent, failed, secondsPerSum, statusOf, type ModelFacts, type Sums } from './model-status.js';

export interface ModelKeeperOptions {
  readonly cluster: Pick<Cluster, 'status' | 'paused' | 'offers' | 'allOffersIn' | 'setProcessBytes' | 'setStatus' | 'onElection' | 'onOffers'>;
  /** What opening the model takes besides the model and who is here. */
  readonly open: Omit<HomeModelOptions, 'text' | 'held' | 'offers' | 'onEvent' | 'signal' | 'saveDir'>
    & { readonly saveDirOf: (modelPath: string) => string };
  /** Before weights are placed here: whatever this laptop computed for others is over. */
  readonly makeRoom: () => Promise<void>;
  readonly onEvent: (event: HomeModelEvent) => void;
  readonly say: (line: string) => void;
}

/** Laptops that start together are waited for this long before the first plan, and no longer (ms). */
const gatherMs = 3_000;
const quietMs = 400;
/** A model that could not be placed is tried again when the laptops change, and not more often than this (ms). */
const againMs = 2_000;

/** A model on its way or in its place. */
interface Holding {
  readonly path: string;
  readonly stop: AbortController;
  readonly model: Promise<HomeModel>;
}

/**
 * Opens the home's model while this laptop leads the home and has its files, and closes it when either ends. Tells the
 * cluster how the model stands.
 */
export class ModelKeeper {
  #path: string | null;
  #held: HeldWeights | null = null;
  #holding: Holding | null = null;
  #facts: ModelFacts | null = null;
  #sums: ReadonlyMap<string, Sums> = new Map();
  #answering = false;
  #closing: Promise<void> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;
  /** Why the model could not be had when it was last tried. */
  #failure: Error | null = null;
  #stopped = false;
  readonly #changed = new Set<() => void>();

  constructor(private readonly options: ModelKeeperOptions, path: string | null) {
    this.#path = path;
    const { cluster } = options;
    cluster.onElection(() => this.#look());
    cluster.onOffers(() => this.#offersChanged());
  }

  /** Another model for the home, or none of this laptop's; or the same one, held otherwise. */
  set(path: string | null, held: HeldWeights | null): void {
    const same = this.#holding?.path === path && JSON.stringify(this.#held) === JSON.stringify(held);
    this.#path = path;
    this.#held = held;
    this.#failure = null;
    clearTimeout(this.#again);
    this.#again = undefined;
    if (this.#holding !== null && !same) this.#close();
    this.#look();
  }

  /** The person paused this laptop, or lets it work again. */
  look(): void {
    this.#look();
  }

  /** Whether a model is in its place here, or on its way. */
  get holds(): boolean {
    return this.#holding !== null;
  }

  /** How many questions wait. */
  setQueued(queued: number): void {
    if (this.#facts !== null && this.#facts.queued !== queued) this.#know({ ...this.#facts, queued });
  }

  /**
   * The model once its weights are in place. Rejects with why it cannot be had, with ClusterFailedError NO_MODEL where this
   * laptop has none, or NOT_MASTER once it does not lead the home any more.
   */
  async model(signal: AbortSignal): Promise<HomeModel> {
    for (;;) {
      if (signal.aborted) throw new InterruptedError();
      if (this.#stopped || this.options.cluster.status.role !== 'master') throw notMaster();
      if (this.#path === null || this.options.cluster.paused) throw noModel();
      const holding = this.#holding;
      if (holding !== null) {
        const stopped = new Promise<'changed'>((resolve) => this.#onceChanged(signal, () => resolve('changed')));
        const model = await Promise.race([holding.model, stopped]);
        if (model !== 'changed' && this.#holding === holding) return model;
      } else if (this.#failure !== null) {
        throw this.#failure;
      } else {
        await new Promise<void>((resolve) => this.#onceChanged(signal, resolve));
      }
    }
  }

  /** An answer begins or has ended. */
  setAnswering(answering: boolean, secondsPerToken: number | null = null): void {
    this.#answering = answering;
    if (this.#facts === null) return;
    const measuredSeconds = secondsPerToken ?? this.#facts.measuredSeconds;
    this.#know({ ...this.#facts, measuredSeconds, phase: answering ? 'answering' : this.#facts.phase === 'failed' ? 'failed' : 'ready' });
    if (!answering) void this.#measure();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#close();
    await this.#closing;
  }

  #look(): void {
    const { status, paused } = this.options.cluster;
    const wanted = !this.#stopped && status.role === 'master' && this.#path !== null && !paused;
    if (!wanted && this.#holding !== null) this.#close();
    if (!wanted && this.#facts !== null) this.#know(null);
    if (wanted && this.#holding === null) this.#begin(this.#path ?? '', status.accepting);
    this.#wake();
  }

  /** Files that cannot be used do not mend themselves: they are left alone until the person names a model anew. */
  #begin(path: string, accepting: boolean): void {
    const unusable = this.#failure instanceof HearthError && this.#failure.exitCode === 3;
    if (!unusable && accepting && this.#again === undefined) this.#open(path);
    // Whoever has taken the lead again says anew what is wrong.
    else if (this.#failure !== null && this.#facts === null) this.#know(failed(factsOf(basename(path)), this.#failure));
  }

  #offersChanged(): void {
    const holding = this.#holding;
    if (holding === null) return this.#look();
    holding.model.then((model) => {
      if (this.#holding === holding) model.offersChanged();
    }, () => undefined);
  }

  #open(path: string): void {
    const stop = new AbortController();
    const model = this.#closing.then(() => this.#load(path, stop.signal));
    const holding = { path, stop, model };
    this.#holding = holding;
    this.#failure = null;
    model.catch((error: unknown) => {
      if (this.#holding === holding) this.#failed(path, error instanceof Error ? error : new Error(String(error)));
    });
  }

  #failed(path: string, error: Error): void {
    this.#holding = null;
    this.#failure = error;
    if (!(error instanceof InterruptedError)) this.options.say(error.message);
    // Whoever asks shall hear why, also of a model that could not even be opened.
    if (!this.#stopped) this.#know(failed(this.#facts ?? factsOf(basename(path)), error));
    this.#again = setTimeout(() => {
      this.#again = undefined;
      if (this.#failure !== null) this.#look();
    }, againMs).unref();
    this.#wake();
  }

  async #load(path: string, signal: AbortSignal): Promise<HomeModel> {
    const { cluster, open: { saveDirOf, ...open }, makeRoom } = this.options;
    await makeRoom();
    const text = await TextModel.open(path);
    // The tokenizer alone may take as much as all before it.
    cluster.setProcessBytes(await settledRss());
    this.#know(factsOf(text.opened.name));
    await this.#gathered(signal);
    if (signal.aborted) throw new InterruptedError();
    return HomeModel.open({
      ...open, text, signal, held: this.#held, saveDir: saveDirOf(path),
      offers: () => Promise.resolve(cluster.offers()),
      onEvent: (event) => this.#hear(event, signal),
    });
  }

  /** Those who have just come shall be in the first plan. */
  async #gathered(signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + gatherMs;
    for (let quiet = performance.now(); performance.now() < deadline && !signal.aborted; ) {
      if (!this.options.cluster.allOffersIn) quiet = performance.now();
      else if (performance.now() - quiet >= quietMs) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  #hear(event: HomeModelEvent, signal: AbortSignal): void {
    if (signal.aborted || this.#facts === null) return;
    this.#know(afterEvent(this.#facts, event, this.#answering));
    this.options.onEvent(event);
    if (event.kind === 'ready') void this.#measure();
  }

  /** What each laptop's process has needed, beside what was predicted. */
  async #measure(): Promise<void> {
    const holding = this.#holding;
    try {
      const report = await (await holding?.model)?.report();
      if (report === undefined || this.#holding !== holding || this.#facts === null) return;
      const allReduceSeconds = new Map(report.nodes.flatMap(({ deviceId, report: now }) => {
        const seconds = secondsPerSum(this.#sums.get(deviceId), now) ?? this.#facts?.allReduceSeconds.get(deviceId);
        return seconds === undefined ? [] : [[deviceId, seconds] as const];
      }));
      this.#sums = new Map(report.nodes.map((node) => [node.deviceId, node.report]));
      const measuredBytes = new Map(report.nodes.map((node) => [node.deviceId, node.measuredBytes]));
      this.#know({ ...this.#facts, measuredBytes, allReduceSeconds });
    } catch {
      // A laptop that leaves at this moment has nothing to report; its loss is told elsewhere.
    }
  }

  #close(): void {
    const holding = this.#holding;
    this.#holding = null;
    if (holding !== null) {
      holding.stop.abort(new InterruptedError());
      this.#closing = holding.model.then((model) => model.close(), () => undefined).catch((error: unknown) =>
        this.options.say(error instanceof Error ? error.message : String(error)));
    }
    this.#wake();
  }

  #know(facts: ModelFacts | null): void {
    this.#facts = facts;
    this.options.cluster.setStatus(statusOf(facts));
  }

  #onceChanged(signal: AbortSignal, act: () => void): void {
    const once = (): void => {
      this.#changed.delete(once);
      signal.removeEventListener('abort', once);
      act();
    };
    this.#changed.add(once);
    signal.addEventListener('abort', once, { once: true });
  }

  #wake(): void {
    for (const act of [...this.#changed]) act();
  }
}

/** Said to whoever asked a laptop that does not lead (any more): the question goes on to the one that does. */
export function notMaster(): ClusterFailedError {
  return new ClusterFailedError('NOT_MASTER', 'Another laptop leads the home by now. Ask again.');
}

function noModel(): ClusterFailedError {
  return new ClusterFailedError(
    'NO_MODEL', 'No laptop of this home has a model to lead: start one with `hearth node --model-path <model>`.',
  );
}
