import { z } from 'zod';
import { isDeviceId } from './device-id.js';

const deviceId = z.string().refine(isDeviceId, 'not a device ID');
const counted = z.int().min(0);
/** One run of a process: 32 hex digits. */
export const bootShape = z.string().regex(/^[0-9a-f]{32}$/);
const claim = z.strictObject({ master: deviceId, boot: bootShape, term: counted });

/** The election's one message (`cluster/election-standing.ts` says what its fields mean). */
export const standingShape = z.strictObject({
  from: deviceId,
  boot: bootShape,
  sequence: counted,
  promised: claim.nullable(),
  vote: claim.nullable(),
  established: z.boolean(),
  busy: z.boolean(),
  pin: z.strictObject({ deviceId: deviceId.nullable(), version: counted }),
  holdsModel: z.boolean(),
  memoryBytes: z.number().min(0),
});
