import { planCluster, type ClusterPlan, type Offer } from '../cluster/plan.js';
import { ModelDoesNotFitError } from '../cluster/plan-refusal.js';
import type { PlannedModel } from '../cluster/share-cost.js';
import { HearthError, InterruptedError } from '../errors.js';
import { lostRanks } from '../world/lost-ranks.js';
import type { Placement } from '../world/placement.js';
import { Absences } from './absences.js';
import { NoLongerFitsError, whyLost, type LostLaptop } from './home-errors.js';
import type { HomeModelEvent } from './home-event.js';
import { isWorthMoving } from './plan-change.js';

/** A plan and the weights where it wants them. */
export interface Arrangement {
  readonly plan: ClusterPlan;
  readonly placement: Placement;
}

export interface ArrangerOptions {
  readonly model: PlannedModel;
  /** Who is here now, the master first, each with what it could give if it held nothing. */
  offers(): Promise<readonly Offer[]>;
  place(plan: ClusterPlan): Promise<Placement>;
  onEvent(event: HomeModelEvent): void;
  /** A laptop that was lost may be asked again. */
  onReturnable(): void;
}

/** A failure that names nobody is tried again with the same laptops so often. */
const mostUnexplained = 2;

/**
 * Keeps a model placed on the laptops that are there: one arrangement at a time, the old one given back before the next is
 * begun. Whoever needs the weights while they move waits for {@link settled}.
 */
export class Arranger {
  #present: Arrangement | null = null;
  #moving: Promise<Arrangement> | null = null;
  #lastLost: LostLaptop | null = null;
  #closed = false;
  readonly #absences = new Absences();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(private readonly options: ArrangerOptions) {}

  /** Where the weights are now. */
  get plan(): ClusterPlan | null {
    return this.#present?.plan ?? null;
  }

  /** The arrangement in place; while the weights move, the next one. Rejects with why there is none. */
  settled(): Promise<Arrangement> {
    if (this.#moving !== null) return this.#moving;
    return this.#present === null ? this.#move(() => this.#arrange()) : Promise.resolve(this.#present);
  }

  /** A placement failed: brings the weights to other places. Of many that notice, the first one's word counts. */
  failed(placement: Placement, cause: unknown): Promise<Arrangement> {
    const present = this.#present;
    if (present === null || present.placement !== placement) return this.settled();
    return this.#move(async () => {
      this.#present = null;
      this.#blame(present.plan, cause);
      await placement.explain(cause);
      await placement.close();
      return this.#arrange();
    });
  }

  /** The laptops have changed, and nobody is being answered: moves the weights if that is worth it. Never rejects for a move that failed. */
  async reconsider(): Promise<void> {
    if (this.#moving !== null || this.#closed) return this.#moved();
    const present = this.#present;
    const offers = await this.look();
    // Meanwhile a laptop may have been lost.
    if (this.#isMoving() || this.#present !== present || this.#isClosed()) return this.#moved();
    if (present === null) return this.#moved(this.settled());
    const next = this.#planFor(offers);
    if (next instanceof Error || !isWorthMoving(present.plan, next, offers)) return;
    await this.#moved(this.#move(async () => {
      this.#present = null;
      await present.placement.close();
      return this.#arrange();
    }));
  }

  /** Who may be asked now. */
  async look(): Promise<Offer[]> {
    return this.#absences.present(await this.options.offers(), performance.now());
  }

  /** An answer was finished: its helpers have proved themselves. */
  answered(): void {
    for (const { deviceId } of this.#present?.plan.nodes ?? []) this.#absences.served(deviceId);
  }

  /** Gives everything back; what is under way must be interrupted first. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#moving?.catch(() => undefined);
    await this.#present?.placement.close();
    this.#present = null;
  }

  #isMoving(): boolean {
    return this.#moving !== null;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  async #moved(moving = this.#moving): Promise<void> {
    await moving?.catch(() => undefined);
  }

  #move(act: () => Promise<Arrangement>): Promise<Arrangement> {
    const moving = act().finally(() => (this.#moving = null));
    this.#moving = moving;
    moving.catch((error: unknown) => {
      if (error instanceof HearthError && !(error instanceof InterruptedError)) this.options.onEvent({ kind: 'stopped', error });
    });
    return moving;
  }

  async #arrange(): Promise<Arrangement> {
    const began = performance.now();
    for (let unexplained = 0; ;) {
      if (this.#closed) throw new InterruptedError();
      const plan = this.#planFor(await this.look());
      if (plan instanceof Error) throw plan;
      this.options.onEvent({ kind: 'planned', plan });
      try {
        const placement = await this.options.place(plan);
        return this.#settle({ plan, placement }, began);
      } catch (error) {
        if (this.#blame(plan, error)) continue;
        const again = error instanceof HearthError && error.exitCode === 4 && unexplained < mostUnexplained;
        if (!again) throw error;
        unexplained += 1;
      }
    }
  }

  #settle(arrangement: Arrangement, began: number): Arrangement {
    const { plan, placement } = arrangement;
    this.#present = arrangement;
    this.#lastLost = null;
    this.options.onEvent({ kind: 'ready', plan, seconds: (performance.now() - began) / 1000 });
    // Not before whoever waits for this arrangement has it: a loss that has happened already is told at once.
    setImmediate(() => placement.whenLost((error) => {
      void placement.shard.abandon(error);
      this.failed(placement, error).catch(() => undefined);
    }));
    return arrangement;
  }

  #planFor(offers: readonly Offer[]): ClusterPlan | HearthError {
    try {
      return planCluster(this.options.model, offers);
    } catch (error) {
      if (!(error instanceof ModelDoesNotFitError)) throw error;
      return this.#lastLost === null ? error : new NoLongerFitsError(this.#lastLost, error);
    }
  }

  /** Those whom a failure names are not asked again for a while. Whether it names anybody. */
  #blame(plan: ClusterPlan, cause: unknown): boolean {
    const nodes = lostRanks(cause).flatMap((rank) => plan.nodes[rank] ?? []);
    for (const { deviceId, name } of nodes) {
      this.#lastLost = { deviceId, name, why: whyLost(cause) };
      this.options.onEvent({ kind: 'lost', ...this.#lastLost });
      const pause = this.#absences.lost(deviceId, performance.now());
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.options.onReturnable();
      }, pause + 1);
      timer.unref();
      this.#timers.add(timer);
    }
    return nodes.length > 0;
  }
}
