import { z } from 'zod';
import { sayingFields, sayingShape } from '../../engine/wire/saying.js';
import { transferShape } from '../../engine/wire/transfer.js';

const bytes = z.number().min(0);
const name = z.string().max(255);
const deviceId = z.string().max(128);

const windowShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('off') }),
  z.strictObject({ kind: z.literal('window'), blocks: z.int().min(2) }),
  z.strictObject({ kind: z.literal('budget'), bytes }),
]);

/** One laptop of the home. Times in milliseconds, rates in bytes per second. */
export const laptopShape = z.object({
  deviceId, name,
  isSelf: z.boolean(),
  present: z.boolean(),
  role: z.enum(['master', 'helper', 'undecided', 'away']),
  paused: z.boolean(),
  capacity: z.object({ memoryBytes: bytes, cores: z.int() }).nullable(),
  address: z.string().nullable(),
  roundTripMs: z.number().nullable(),
  bytesPerSecond: z.number().nullable(),
  share: z.strictObject({ kvHeads: z.int(), ffnColumns: z.int() }).nullable(),
  window: windowShape.nullable(),
  predictedBytes: bytes.nullable(),
  measuredBytes: bytes.nullable(),
  allReduceSeconds: z.number().nullable(),
  transfer: transferShape.nullable(),
  problem: sayingShape.nullable(),
});

/** How the home stands, seen from this laptop (`engine/cluster/home-state.ts`). */
export const homeStateShape = z.object({
  self: deviceId,
  role: z.enum(['master', 'helper', 'undecided']),
  master: deviceId.nullable(),
  pinned: deviceId.nullable(),
  laptops: z.array(laptopShape),
  nearby: z.array(z.object({ deviceId, name, address: z.string(), versionOk: z.boolean() })),
  model: z.object({
    name,
    phase: z.enum(['planning', 'loading', 'ready', 'answering', 'paused', 'failed']),
    why: z.array(sayingShape).readonly(),
    secondsPerToken: z.strictObject({ predicted: z.number().nullable(), measured: z.number().nullable() }),
    problem: sayingShape.nullable(),
    queued: z.int(),
  }).nullable(),
  problems: z.array(sayingShape),
});

/** Where a pairing stands. */
export const pairingShape = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('closed') }),
  z.strictObject({ step: z.literal('open') }),
  z.strictObject({ step: z.literal('calling') }),
  z.strictObject({ step: z.literal('compare'), digits: z.string(), peer: name }),
  z.strictObject({ step: z.literal('code'), peer: name }),
  z.strictObject({ step: z.literal('paired'), peer: name }),
  z.strictObject({ step: z.literal('failed'), ...sayingFields }),
]);

/** The local API as it is now. */
export const apiShape = z.strictObject({
  state: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('off') }),
    z.strictObject({ kind: z.literal('waiting') }),
    z.strictObject({ kind: z.literal('on'), url: z.string(), modelId: z.string() }),
    z.strictObject({ kind: z.literal('failed'), ...sayingFields }),
  ]),
  keys: z.array(z.strictObject({ name: z.string(), created: z.string() })),
});

/** What the laptops page asks for; each is carried out by the engine's process. */
export const homeCommandShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('openPairing') }),
  z.strictObject({ kind: z.literal('pairWith'), host: z.string().trim().min(1).max(255) }),
  z.strictObject({ kind: z.literal('digitsAgree'), agree: z.boolean() }),
  z.strictObject({ kind: z.literal('codeTyped'), code: z.string().trim().min(1).max(64) }),
  z.strictObject({ kind: z.literal('endPairing') }),
  z.strictObject({ kind: z.literal('unpair'), deviceId }),
  /** Of any laptop of the home; null for this one. */
  z.strictObject({ kind: z.literal('rename'), deviceId: deviceId.nullable(), name: z.string().trim().min(1).max(63) }),
  z.strictObject({ kind: z.literal('pin'), deviceId: deviceId.nullable() }),
  z.strictObject({ kind: z.literal('pause'), deviceId: deviceId.nullable(), paused: z.boolean() }),
  z.strictObject({ kind: z.literal('addAddress'), address: z.string().trim().min(1).max(255) }),
]);

export type HomeView = z.infer<typeof homeStateShape>;
export type LaptopView = z.infer<typeof laptopShape>;
export type PairingView = z.infer<typeof pairingShape>;
export type ApiView = z.infer<typeof apiShape>;
export type HomeCommandCall = z.infer<typeof homeCommandShape>;
