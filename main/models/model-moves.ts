import { sayingOf } from '../../engine/errors.js';
import type { CachedModel } from '../../engine/catalogue/cached-model.js';
import { clearDeleted, listModels } from '../../engine/catalogue/model-cache.js';
import { moveModel } from '../../engine/catalogue/move-model.js';
import { ProgressMeter, type Progress } from '../../engine/report/progress.js';
import type { Saying } from '../../engine/saying.js';
import type { FormerPlace, ModelPlaces } from './model-places.js';

/** Where models still lie besides the folder of now, and how their move goes. Plain data. */
export interface StorageView {
  former: FormerPlace[];
  moving: Progress | null;
  problem: Saying | null;
}

export interface MovingParts {
  places: ModelPlaces;
  /** Nothing may be fetched or checked while its files are moved. */
  pause: () => Promise<void>;
  goOn: () => void;
  /** A model lies elsewhere from now on; the old files are deleted once this resolves. */
  moved: (before: string, now: string) => Promise<void>;
  onChange: () => void;
  move?: typeof moveModel;
}

/** Brings the models of former folders into the one of now, one after the other. */
export class ModelMoves {
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #progress: Progress | null = null;
  #problem: Saying | null = null;

  constructor(private readonly parts: MovingParts) {}

  async view(): Promise<StorageView> {
    return { former: await this.parts.places.former(), moving: this.#progress, problem: this.#problem };
  }

  /** Begins, or goes on after the app has ended meanwhile; how it goes is told by {@link view}. */
  async start(): Promise<void> {
    if (this.#stop !== null) return;
    this.#stop = new AbortController();
    this.#problem = null;
    const { signal } = this.#stop;
    try {
      await this.parts.places.setMoving(true);
    } catch (error) {
      this.#stop = null;
      throw error;
    }
    this.#running = this.#run(signal);
  }

  /** Goes on with a move that was under way when the app ended; tells whether there is one. */
  async resume(): Promise<boolean> {
    const moving = await this.parts.places.isMoving();
    if (moving) await this.start();
    return moving;
  }

  /** Models that are moved stay where they are now; the one that is being copied stays where it was. */
  async cancel(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { places, pause, goOn, onChange } = this.parts;
    try {
      await pause();
      const former = (await places.former()).map(({ folder }) => folder);
      const models = (await Promise.all(former.map((folder) => listModels(folder)))).flat();
      await this.#moveAll(models, signal);
      await Promise.all(former.map(clearDeleted));
    } catch (error) {
      this.#problem ??= sayingOf(error);
    }
    this.#stop = null;
    this.#progress = null;
    // Where it cannot be kept, the next start looks for what is left to move.
    await places.setMoving(false).catch((error: unknown) => {
      this.#problem ??= sayingOf(error);
    });
    onChange();
    goOn();
  }

  /** One that cannot be moved keeps no other from it. */
  async #moveAll(models: readonly CachedModel[], signal: AbortSignal): Promise<void> {
    const { onChange } = this.parts;
    const total = models.reduce((sum, { presentBytes }) => sum + presentBytes, 0);
    const meter = new ProgressMeter('Moving models', total, (progress) => {
      this.#progress = progress;
      onChange();
    });
    meter.update(0);
    let before = 0;
    for (const model of models) {
      const start = before;
      await this.#move(model, signal, (done) => meter.update(start + Math.min(done, model.presentBytes)));
      before += model.presentBytes;
      meter.update(before);
    }
  }

  async #move(model: CachedModel, signal: AbortSignal, onBytes: (done: number) => void): Promise<void> {
    const { places, moved, move = moveModel } = this.parts;
    try {
      signal.throwIfAborted();
      await move(model, places.folder, { signal, onBytes, onMoved: ({ path }) => moved(model.path, path) });
    } catch (error) {
      if (!signal.aborted) this.#problem ??= sayingOf(error);
    }
  }
}
