import { ClusterFailedError } from '../errors.js';
import { formatBytes } from '../report/readable-amounts.js';
import type { Candidate } from './plan.js';
import type { PlannedModel } from './share-cost.js';
import { parts, type ShareTables } from './share-table.js';

/** The laptops that are here cannot hold the model, not even with the smallest memory windows. */
export class ModelDoesNotFitError extends ClusterFailedError {
  constructor(
    sentence: string,
    /** The least that one laptop would have to offer more. Bytes. */
    readonly missingBytes: number,
    /** What one more laptop would have to offer instead; null where only the master's own memory helps. Bytes. */
    readonly laptopBytes: number | null,
  ) {
    super('MODEL_DOES_NOT_FIT', sentence);
  }
}

/** Says what is missing: on the laptop where the least more would do, or on one more laptop. */
export function refuseTooLarge(model: PlannedModel, candidates: readonly Candidate[], tables: ShareTables): never {
  const [master] = candidates;
  if (master === undefined) throw new RangeError('a plan needs a master');
  const { offer, table } = master;
  if (table.most < 0) {
    const missing = table.memory[0]! - offer.capacity.memoryBytes;
    throw new ModelDoesNotFitError(
      `${offer.name} offers ${formatBytes(offer.capacity.memoryBytes)} and needs ${formatBytes(table.memory[0]!)} only to `
      + `lead ${model.name}: give Hearth ${formatBytes(missing)} more there, or make another laptop the master.`,
      missing, null,
    );
  }
  const lacking = parts - candidates.reduce((sum, { table: { most } }) => sum + Math.max(0, most), 0);
  const wants = candidates.map(({ offer: { name, capacity }, table: { most, memory } }) => (
    { name, bytes: memory[Math.max(0, most) + lacking]! - capacity.memoryBytes }
  ));
  const least = wants.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const newcomer = tables.tableOf(offer.capacity, false).memory[lacking]!;
  const share = Math.ceil((100 * lacking) / parts);
  throw new ModelDoesNotFitError(
    `${model.name} does not fit: ${share}% of it finds no room on ${candidates.map((one) => one.offer.name).join(', ')}. Give Hearth `
    + `${formatBytes(least.bytes)} more on ${least.name}, or pair another laptop that offers ${formatBytes(newcomer)}.`,
    least.bytes, newcomer,
  );
}
