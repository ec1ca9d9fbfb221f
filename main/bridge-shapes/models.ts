import { z } from 'zod';
import { sayingShape } from '../../engine/wire/saying.js';

const bytes = z.number().min(0);
const id = z.string().min(1).max(4096);

export const progressShape = z.object({
  label: z.string(), doneBytes: bytes, totalBytes: bytes, bytesPerSecond: z.number(), secondsLeft: z.number().nullable(),
});

export const fitShape = z.strictObject({
  fit: z.enum(['yes', 'tight', 'no']),
  secondsPerToken: z.number().nullable(),
  mostMemoryBytes: bytes.nullable(),
  laptops: z.int().min(0),
  why: z.array(sayingShape).readonly(),
});

/** One model of the models page (`main/models/model-shelf.ts`). */
export const modelRowShape = z.strictObject({
  id,
  title: z.string(),
  source: z.enum(['guide', 'cache', 'linked', 'suggested']),
  path: z.string().nullable(),
  totalBytes: bytes,
  presentBytes: bytes,
  diskBytes: bytes,
  dtype: z.string().nullable(),
  licence: z.string().nullable(),
  activity: z.strictObject({ kind: z.enum(['downloading', 'checking']), progress: progressShape.nullable() }).nullable(),
  problem: sayingShape.nullable(),
  fit: fitShape.nullable(),
  /** The model that this laptop leads its home with. */
  inUse: z.boolean(),
});

export const storageShape = z.strictObject({
  /** Folders that models were fetched into before, and that still hold some. */
  former: z.array(z.strictObject({ folder: z.string().max(4096), models: z.int().min(1), bytes })),
  /** How their move to the folder of now goes; null while none does. */
  moving: progressShape.nullable(),
  /** Why the last move left something behind. */
  problem: sayingShape.nullable(),
});

/** A model that is being fetched. */
export const downloadShape = z.strictObject({ title: z.string(), progress: progressShape.nullable() });

export const modelPreviewShape = z.strictObject({
  name: z.string(), format: z.enum(['safetensors', 'gguf']), totalBytes: bytes, licence: z.string().nullable(),
});

export const modelIdShape = z.strictObject({ id });

export type ModelView = z.infer<typeof modelRowShape>;
export type StorageStanding = z.infer<typeof storageShape>;
export type Download = z.infer<typeof downloadShape>;
export type ModelPreviewView = z.infer<typeof modelPreviewShape>;
