import { WrongUseError } from '../errors.js';
import { mostNodes } from './partition.js';

/**
 * The numbers of a ratio as it is typed, `5:2:1`, one per rank.
 * @param worldSize the nodes it must name; null where the ratio itself says how many there are.
 * @throws WrongUseError RATIO_INVALID.
 */
export function parseRatio(text: string, worldSize: number | null = null): number[] {
  const parts = text.trim().split(':');
  const usable = parts.every((part) => /^\d{1,9}(\.\d{1,9})?$/.test(part)) && parts.some((part) => Number(part) > 0);
  if (!usable || parts.length > mostNodes) {
    throw new WrongUseError(
      'RATIO_INVALID',
      `--ratio ${JSON.stringify(text.slice(0, 40))} is not usable: give one number per node, such as 5:2:1.`,
    );
  }
  if (worldSize !== null && parts.length !== worldSize) {
    throw new WrongUseError(
      'RATIO_INVALID', `--ratio ${text} names ${parts.length} nodes but --world-size is ${worldSize}: make them agree.`,
    );
  }
  return parts.map(Number);
}

/** Every node the same. */
export function evenRatio(worldSize: number): number[] {
  return new Array<number>(worldSize).fill(1);
}
