import type { ClusterPlan } from '../cluster/plan.js';
import { lostRanks } from '../world/lost-ranks.js';
import { whyLost } from './home-errors.js';
import type { HomeModelEvent } from './home-event.js';

/** A failure that names no laptop ends an answer after so many tries. */
const mostUnexplained = 3;

/** The pauses of one answer: tells of them, and gives up where moving the weights does not help. */
export class AnswerPauses {
  /** How often the answer was paused. */
  count = 0;
  #since: number | null = null;
  #unexplained = 0;

  constructor(private readonly onEvent: (event: HomeModelEvent) => void) {}

  /** The answer stands still because of `cause`, which befell the laptops of `plan`. */
  begin(plan: ClusterPlan, cause: unknown): void {
    const [rank] = lostRanks(cause);
    this.#unexplained = rank === undefined ? this.#unexplained + 1 : 0;
    this.count += 1;
    this.#since ??= performance.now();
    const node = plan.nodes[rank ?? 0];
    if (node !== undefined) this.onEvent({ kind: 'paused', deviceId: node.deviceId, name: node.name, why: whyLost(cause) });
  }

  /** Nobody knows who was lost, time after time. */
  get isHopeless(): boolean {
    return this.#unexplained > mostUnexplained;
  }

  /** There is something new of the answer. */
  end(): void {
    if (this.#since === null) return;
    this.onEvent({ kind: 'resumed', seconds: (performance.now() - this.#since) / 1000 });
    this.#since = null;
  }
}
