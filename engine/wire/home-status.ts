import { z } from 'zod';
import { isDeviceId } from './device-id.js';
import { sayingShape } from './saying.js';
import { transferShape } from './transfer.js';

const deviceId = z.string().refine(isDeviceId, 'not a device ID');
const bytes = z.number().min(0);
const seconds = z.number().min(0);

/** How a node holds its weights (`memory/window-choice.ts`). */
export const windowShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('off') }),
  z.strictObject({ kind: z.literal('window'), blocks: z.int().min(2).max(1_000_000) }),
  z.strictObject({ kind: z.literal('budget'), bytes }),
]);

/** One laptop's part in the model that the home has loaded. */
export const placedLaptopShape = z.strictObject({
  deviceId,
  share: z.strictObject({ kvHeads: z.int().min(0), ffnColumns: z.int().min(0) }),
  window: windowShape,
  /** Peak memory of its process: said before it was loaded, and found since; null until it was asked. */
  predictedBytes: bytes,
  measuredBytes: bytes.nullable(),
  /** One sum over all laptops as it sees it, on average over the last answer; null while unknown, and where it has all. */
  allReduceSeconds: seconds.nullable(),
  /** Its slice on the way to it; null once all of it is in its place. */
  transfer: transferShape.nullable(),
});

export const homeModelShape = z.strictObject({
  name: z.string().min(1).max(255),
  /**
   * `planning`, `loading` (slicing, transfers, reading), `ready`, `answering`, `paused` (a laptop was lost in the middle of an answer;
   * it goes on by itself), `failed` (`problem` says why).
   */
  phase: z.enum(['planning', 'loading', 'ready', 'answering', 'paused', 'failed']),
  /** Why it is split as it is, sentence by sentence. */
  why: z.array(sayingShape).max(128),
  /** For one token: said before it was loaded, and found by the last answer; null while unknown. */
  secondsPerToken: z.strictObject({ predicted: seconds.nullable(), measured: seconds.nullable() }),
  problem: sayingShape.nullable(),
  /** Questions that wait for their turn. */
  queued: z.int().min(0),
});

/** What the master tells all others, for their screens. `model` is null where the home has none. */
export const homeStatusShape = z.strictObject({
  model: homeModelShape.nullable(),
  laptops: z.array(placedLaptopShape).max(64),
});

export type PlacedLaptop = z.infer<typeof placedLaptopShape>;
export type HomeModelStatus = z.infer<typeof homeModelShape>;
export type HomeStatus = z.infer<typeof homeStatusShape>;
