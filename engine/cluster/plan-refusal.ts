import { ClusterFailedError } from '../errors.js';
import { formatBytes } from '../report/readable-amounts.js';
import { saying, type Saying } from '../saying.js';
import type { Candidate } from './plan.js';
import type { PlannedModel } from './share-cost.js';
import { parts, type ShareTables } from './share-table.js';

/** The laptops that are here cannot hold the model, not even with the smallest memory windows. */
export class ModelDoesNotFitError extends ClusterFailedError {
  constructor(
    /** What is missing, and what to do. */
    readonly because: Saying,
    /** The least that one laptop would have to offer more. Bytes. */
    readonly missingBytes: number,
    /** What one more laptop would have to offer instead; null where only the master's own memory helps. Bytes. */
    readonly laptopBytes: number | null,
  ) {
    super('MODEL_DOES_NOT_FIT', because.sentence, { values: { because: [because] } });
  }
}

/** Says what is missing: on the laptop where the least more would do, or on one more laptop. */
export function refuseTooLarge(model: PlannedModel, candidates: readonly Candidate[], tables: ShareTables): never {
  const [master] = candidates;
  if (master === undefined) throw new RangeError('a plan needs a master');
  if (master.table.most < 0) throw masterTooSmall(model, master);
  const lacking = parts - candidates.reduce((sum, { table: { most } }) => sum + Math.max(0, most), 0);
  const wants = candidates.map(({ offer: { name, capacity }, table: { most, memory } }) => (
    { name, bytes: memory[Math.max(0, most) + lacking]! - capacity.memoryBytes }
  ));
  const least = wants.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const newcomer = tables.tableOf(master.offer.capacity, false).memory[lacking]!;
  const percent = Math.ceil((100 * lacking) / parts);
  const laptops = candidates.map(({ offer }) => offer.name);
  const because = saying(
    'TOO_LITTLE_ROOM',
    `${model.name} does not fit: ${percent}% of it finds no room on ${laptops.join(', ')}. Give Hearth `
    + `${formatBytes(least.bytes)} more on ${least.name}, or pair another laptop that offers ${formatBytes(newcomer)}.`,
    { model: model.name, percent, laptops, name: least.name, missing: { bytes: least.bytes }, newcomer: { bytes: newcomer } },
  );
  throw new ModelDoesNotFitError(because, least.bytes, newcomer);
}

/** The master could not even lead: it keeps the head of the model in any case. */
function masterTooSmall({ name: model }: PlannedModel, { offer: { name, capacity: { memoryBytes } }, table }: Candidate): ModelDoesNotFitError {
  const needed = table.memory[0]!;
  const missing = needed - memoryBytes;
  const because = saying(
    'MASTER_TOO_SMALL',
    `${name} offers ${formatBytes(memoryBytes)} and needs ${formatBytes(needed)} only to lead ${model}: give Hearth `
    + `${formatBytes(missing)} more there, or make another laptop the master.`,
    { model, name, offered: { bytes: memoryBytes }, needed: { bytes: needed }, missing: { bytes: missing } },
  );
  return new ModelDoesNotFitError(because, missing, null);
}
