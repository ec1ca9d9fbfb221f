import { InterruptedError, sayingOf, WrongUseError } from '../../engine/errors.js';
import type { Progress } from '../../engine/report/progress.js';
import type { Saying } from '../../engine/saying.js';
import type { ModelActivity, ModelRow } from './model-row.js';
import { isPulledFrom } from './pulled-from.js';

type Doing = (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<void>;

interface Work extends ModelActivity {
  stop: AbortController;
  done: Promise<void>;
}

/** The long work that goes on with models, and how it failed, each by what was asked for. */
export class ModelWork {
  readonly #work = new Map<string, Work>();
  readonly #problems = new Map<string, Saying>();

  constructor(private readonly onChange: () => void) {}

  /** Everything that is worked on or has failed. */
  get ids(): string[] {
    return [...this.#work.keys(), ...this.#problems.keys()];
  }

  /** What is being fetched, by what was asked for, and how far it has come. */
  get downloads(): [string, Progress | null][] {
    return [...this.#work].filter(([, { kind }]) => kind === 'downloading').map(([id, { progress }]) => [id, progress]);
  }

  /** What goes on with a model, under its name or what it was pulled as. */
  of(id: string): Pick<ModelRow, 'activity' | 'problem'> {
    const work = found(this.#work, id)?.[1];
    return {
      activity: work === undefined ? null : { kind: work.kind, progress: work.progress },
      problem: found(this.#problems, id)?.[1] ?? null,
    };
  }

  /** Does it unless something is done with that model already; a failure is kept and told, never thrown. Gives it. */
  async do(id: string, kind: ModelActivity['kind'], work: Doing): Promise<Saying | null> {
    const busy = found(this.#work, id);
    if (busy !== undefined) return null;
    const entry: Work = { kind, stop: new AbortController(), progress: null, done: Promise.resolve() };
    this.forget(id);
    this.#work.set(id, entry);
    this.onChange();
    entry.done = work(entry.stop.signal, (progress) => {
      entry.progress = progress;
      this.onChange();
    }).catch((error: unknown) => {
      if (!(error instanceof InterruptedError) && !entry.stop.signal.aborted) this.#problems.set(id, sayingOf(error));
    }).finally(() => {
      this.#work.delete(id);
      this.onChange();
    });
    await entry.done;
    return this.#problems.get(id) ?? null;
  }

  /** @throws WrongUseError while something is done with the model */
  requireRest(id: string): void {
    if (found(this.#work, id) === undefined) return;
    throw new WrongUseError('MODEL_IN_WORK', `${id} is being worked on: pause it first.`, { values: { model: id } });
  }

  forget(id: string): void {
    const problem = found(this.#problems, id);
    if (problem !== undefined) this.#problems.delete(problem[0]);
  }

  /** Stops what goes on with a model; what has arrived is kept. */
  stop(id: string): void {
    found(this.#work, id)?.[1].stop.abort();
  }

  /** Stops everything and waits for it. */
  async stopAll(): Promise<void> {
    const all = [...this.#work.values()];
    for (const { stop } of all) stop.abort();
    await Promise.all(all.map(({ done }) => done));
  }
}

/** A model of the cache goes by its own name, its download by what was asked for. */
function found<Value>(map: ReadonlyMap<string, Value>, id: string): [string, Value] | undefined {
  return [...map].find(([key]) => isPulledFrom(id, key));
}
