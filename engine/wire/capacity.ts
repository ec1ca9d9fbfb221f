import { z } from 'zod';

const rate = z.number().positive();

/** What a laptop can give, as it tells its master. Plain data. */
export const capacitySchema = z.strictObject({
  /** The most that Hearth's whole process may take here. */
  memoryBytes: z.number().min(0),
  /** What it takes already, before anything is loaded. */
  processBytes: z.number().min(0),
  cores: z.int().min(1),
  /** Bytes of weights of each type multiplied in a second, one token at a time. */
  productBytesPerSecond: z.strictObject({ f32: rate, bf16: rate, f16: rate, q8_0: rate, q4_0: rate }),
  /** What the disk gives when nothing is in the page cache. */
  diskBytesPerSecond: rate,
});

export type Capacity = z.infer<typeof capacitySchema>;
