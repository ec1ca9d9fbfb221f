import { z } from 'zod';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { askedEventShape, askedShape } from '../../engine/wire/asked.js';
import { isDeviceId } from '../../engine/wire/device-id.js';

/** Most characters of one line in either direction. */
export const mostLineCharacters = 4_000_000;

/** What a command of this laptop asks of its node: one JSON line. */
export const nodeRequestShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('state') }),
  /** Goes on until the answer ends; who hangs up wants no more of it. */
  z.strictObject({ kind: z.literal('ask'), asked: askedShape }),
  z.strictObject({ kind: z.literal('pin'), deviceId: z.string().refine(isDeviceId).nullable() }),
  /** Of any laptop of the home; null for this one. */
  z.strictObject({ kind: z.literal('pause'), deviceId: z.string().refine(isDeviceId).nullable(), paused: z.boolean() }),
  z.strictObject({ kind: z.literal('rename'), deviceId: z.string().refine(isDeviceId).nullable(), name: z.string().max(1000) }),
]);
export type NodeRequest = z.infer<typeof nodeRequestShape>;

/** What the node answers, one JSON line each. */
export const nodeReplyShape = z.discriminatedUnion('kind', [
  // The state comes from a node of the same laptop and is only shown.
  z.strictObject({ kind: z.literal('state'), state: z.custom<HomeState>((value) => typeof value === 'object' && value !== null) }),
  z.strictObject({ kind: z.literal('done') }),
  z.strictObject({ kind: z.literal('event'), event: askedEventShape }),
]);
export type NodeReply = z.infer<typeof nodeReplyShape>;
