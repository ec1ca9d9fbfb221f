import { WrongUseError } from '../errors.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Share } from './block.js';

/** More nodes than any home has; messages and tables are sized for it. */
export const mostNodes = 64;

/** Quantised weights come in blocks of this many values along a row, so their products are cut at multiples of it. */
const quantisedBlock = 32;

/**
 * Gives every node its KV-head groups and FFN columns in proportion to `ratio`: consecutive, everything once, each within
 * one unit of its due, the same on every machine. A node may own FFN columns and no heads (fewer KV heads than nodes); one
 * of ratio 0 owns nothing. FFN columns are cut at multiples of 32 wherever `ffnDim` is one, so that float and quantised
 * types are split alike; heads are cut where a quantised o_proj may be.
 *
 * @param ratio one number >= 0 per rank; only their proportions matter.
 * @param options.quantised whether any product of the layers has quantised weights.
 * @throws WrongUseError RATIO_INVALID, WORLD_SIZE_INVALID.
 */
export function partition(
  config: ModelConfig, ratio: readonly number[], options: { quantised: boolean },
): Share[] {
  checkRatio(ratio);
  const headUnit = options.quantised ? quantisedHeadUnit(config) : 1;
  const columnUnit = greatestCommonDivisor(config.ffnDim, quantisedBlock);
  const heads = apportion(config.nKvHeads / headUnit, ratio);
  const columns = apportion(config.ffnDim / columnUnit, ratio);
  let kvHeadStart = 0;
  let ffnStart = 0;
  return ratio.map((_, rank) => {
    const kvHeads = (heads[rank] ?? 0) * headUnit;
    const ffnColumns = (columns[rank] ?? 0) * columnUnit;
    const share = { rank, kvHeadStart, kvHeads, ffnStart, ffnColumns };
    kvHeadStart += kvHeads;
    ffnStart += ffnColumns;
    return share;
  });
}

/** KV heads that go together, so that their o_proj columns are a multiple of 32. */
function quantisedHeadUnit({ nHeads, nKvHeads, headDim }: ModelConfig): number {
  const columns = (nHeads / nKvHeads) * headDim;
  const unit = quantisedBlock / greatestCommonDivisor(columns, quantisedBlock);
  // If no whole number of units covers the heads, no row of o_proj is a multiple of 32 and it cannot be quantised at all.
  return nKvHeads % unit === 0 ? unit : 1;
}

/** Largest-remainder rounding of `total` units by `ratio`; of equal remainders the lower rank's wins. */
function apportion(total: number, ratio: readonly number[]): number[] {
  // Scaled by the largest first, so that no sum overflows.
  const largest = Math.max(...ratio);
  const weights = ratio.map((part) => part / largest);
  const sum = weights.reduce((a, b) => a + b, 0);
  const due = weights.map((weight) => (total * weight) / sum);
  const units = due.map(Math.floor);
  const byRemainder = due
    .map((value, rank) => ({ rank, remainder: value - Math.floor(value) }))
    .filter(({ rank }) => (weights[rank] ?? 0) > 0)
    .sort((a, b) => b.remainder - a.remainder || a.rank - b.rank);
  let left = total - units.reduce((a, b) => a + b, 0);
  for (const { rank } of byRemainder) {
    if (left === 0) break;
    units[rank] = (units[rank] ?? 0) + 1;
    left -= 1;
  }
  return units;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function checkRatio(ratio: readonly number[]): void {
  if (ratio.length < 1 || ratio.length > mostNodes) {
    throw new WrongUseError(
      'WORLD_SIZE_INVALID', `A model is split over 1 to ${mostNodes} nodes, not ${ratio.length}: change --world-size.`,
    );
  }
  if (!ratio.every((part) => Number.isFinite(part) && part >= 0) || !ratio.some((part) => part > 0)) {
    throw new WrongUseError(
      'RATIO_INVALID',
      `The ratio ${ratio.join(':')} is not usable: give one number of 0 or more per node, at least one above 0.`,
    );
  }
}
