import { z } from 'zod';
import { isDeviceId } from './device-id.js';

const deviceId = z.string().refine(isDeviceId, 'not a device ID');
/**
 * One line that a terminal and a window can show as it is: no control characters, none that turn the direction of text.
 * What counts as a character at all changes with Unicode's versions, so that is not for the border to judge.
 */
export const deviceNameShape = z.string().min(1).max(63)
  .regex(/^[^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u);
/** DER in base64. */
const certificate = z.base64().min(1).max(4096);
/** How many times a device has been let into a home; a removal ends all versions up to its own. */
const version = z.int().min(1).max(1_000_000);
/** Larger than that of every change its author knew. */
const lamport = z.int().min(1).max(Number.MAX_SAFE_INTEGER - 1);
/** ECDSA P-256, r and s in 64 bytes, base64url. */
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
const by = { by: deviceId, byVersion: version };

/** What a device says of itself, signed by itself: it grants nothing, and begins the home that has one member. */
const found = z.strictObject({
  kind: z.literal('found'), device: deviceId, certificate, name: deviceNameShape, version, lamport, signature,
});
/** `by` lets `device` in. */
const add = z.strictObject({
  kind: z.literal('add'), device: deviceId, certificate, name: deviceNameShape, version, ...by, lamport, signature,
});
/** `by` puts `device` out; of what that signed as a member up to `version`, only `keeps` (change IDs) still counts. */
const remove = z.strictObject({
  kind: z.literal('remove'), device: deviceId, version, keeps: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(512),
  ...by, lamport, signature,
});

/** One signed change of a home's member list, as it travels and as it is stored. */
export const homeChangeShape = z.discriminatedUnion('kind', [found, add, remove]);
export type HomeChange = z.infer<typeof homeChangeShape>;
export type FoundChange = z.infer<typeof found>;
export type AddChange = z.infer<typeof add>;
export type RemoveChange = z.infer<typeof remove>;
