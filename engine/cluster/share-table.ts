import { partition } from '../slices/partition.js';
import type { Share } from '../slices/block.js';
import type { Capacity } from './capacity.js';
import { computeSeconds, figuresOf, leastMemory, loadSeconds, type PlannedModel, type ShareFigures } from './share-cost.js';

/** A model is given out in this many parts: it divides evenly among 2 to 6, 8, 10 and 12 laptops. */
export const parts = 120;

/** What `parts` of the model would cost one laptop, for every number of parts from 0 on. Never falls with more parts. */
export interface ShareTable {
  /** The least memory it must give, bytes. */
  readonly memory: readonly number[];
  readonly computeSeconds: readonly number[];
  readonly loadSeconds: readonly number[];
  /** The most parts that fit its memory; -1 when not even the master's own work does. */
  readonly most: number;
}

/** The figures of a model's shares do not change with who offers what: whoever plans it again has them. */
const figuresOfModels = new WeakMap<PlannedModel, Map<string, ShareFigures>>();

/** Makes {@link ShareTable}s for one model; the figures of equal shares are worked out once. */
export class ShareTables {
  readonly #figures: Map<string, ShareFigures>;
  readonly #units: { heads: number; headUnit: number; columns: number; columnUnit: number };

  constructor(private readonly model: PlannedModel) {
    const { config, quantised } = model;
    const known = figuresOfModels.get(model) ?? new Map<string, ShareFigures>();
    figuresOfModels.set(model, known);
    this.#figures = known;
    // How a partition cuts shows in one: its units are the smallest pieces that change hands.
    const headUnit = smallestUnit(config.nKvHeads, (count) => partition(config, halves(count, config.nKvHeads), { quantised })[0]!.kvHeads === count);
    const columnUnit = smallestUnit(config.ffnDim, (count) => partition(config, halves(count, config.ffnDim), { quantised })[0]!.ffnColumns === count);
    this.#units = { heads: config.nKvHeads / headUnit, headUnit, columns: config.ffnDim / columnUnit, columnUnit };
  }

  tableOf(capacity: Capacity, isMaster: boolean): ShareTable {
    const memory: number[] = [];
    const compute: number[] = [];
    const load: number[] = [];
    for (let count = 0; count <= parts; count++) {
      const could = isMaster || count > 0 ? this.#couldBe(count, isMaster) : [];
      const worst = (of: (figures: ShareFigures) => number, before: number | undefined): number =>
        Math.max(before ?? 0, ...could.map(of));
      memory.push(worst((figures) => leastMemory(figures, capacity), memory.at(-1)));
      compute.push(worst((figures) => computeSeconds(figures, capacity), compute.at(-1)));
      load.push(worst((figures) => loadSeconds(figures, capacity), load.at(-1)));
    }
    const tooMuch = memory.findIndex((bytes) => bytes > capacity.memoryBytes);
    return { memory, computeSeconds: compute, loadSeconds: load, most: tooMuch === -1 ? parts : tooMuch - 1 };
  }

  /** The shares that `count` parts may come to: heads and columns are rounded, each up or down. */
  #couldBe(count: number, isMaster: boolean): ShareFigures[] {
    const { heads, headUnit, columns, columnUnit } = this.#units;
    const figures: ShareFigures[] = [];
    for (const kvHeads of rounded((heads * count) / parts)) {
      for (const ffnColumns of rounded((columns * count) / parts)) {
        figures.push(this.#figuresOf({ kvHeads: kvHeads * headUnit, ffnColumns: ffnColumns * columnUnit }, isMaster));
      }
    }
    return figures;
  }

  #figuresOf({ kvHeads, ffnColumns }: Pick<Share, 'kvHeads' | 'ffnColumns'>, isMaster: boolean): ShareFigures {
    const key = `${kvHeads} ${ffnColumns} ${isMaster}`;
    const known = this.#figures.get(key);
    if (known !== undefined) return known;
    // The first share also holds the bias of the attention's output, so no share of this size needs more.
    const share = { rank: 0, kvHeadStart: 0, kvHeads, ffnStart: 0, ffnColumns };
    const figures = figuresOf(this.model.needsOf(share, isMaster), this.model.held);
    this.#figures.set(key, figures);
    return figures;
  }
}

function halves(first: number, total: number): number[] {
  return [first, total - first];
}

function smallestUnit(total: number, isCut: (count: number) => boolean): number {
  for (let count = 1; count < total; count++) if (total % count === 0 && isCut(count)) return count;
  return total;
}

function rounded(exact: number): number[] {
  const near = Math.round(exact);
  if (Math.abs(exact - near) < 1e-9) return [near];
  return [Math.floor(exact), Math.ceil(exact)];
}
