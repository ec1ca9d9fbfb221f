import { z } from 'zod';
import { deviceNameShape } from './home-change.js';

/** What a person at one laptop of a home may change on another one. */
export const laptopChangeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rename'), name: deviceNameShape }),
  /** Nothing is computed on it for now, or again. */
  z.strictObject({ kind: z.literal('pause'), paused: z.boolean() }),
]);

export type LaptopChange = z.infer<typeof laptopChangeShape>;
