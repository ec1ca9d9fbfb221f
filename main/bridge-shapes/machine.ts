import { z } from 'zod';
import { fitShape } from './models.js';
import { memoryWindowShape } from './settings.js';

const bytes = z.number().min(0);
const name = z.string().max(255);
const path = z.string().max(4096);

/** This laptop, as far as the person's choices depend on it. */
export const machineShape = z.strictObject({
  /** What it is called until somebody names it. */
  name,
  /** All of its memory. */
  memoryBytes: bytes,
  cores: z.int().min(1),
  /** Where models are fetched to, and where the chats are. */
  modelsFolder: path,
  chatsFolder: path,
  /** Whether this package says where updates come from. */
  updates: z.boolean(),
});

/** A way to hold the home's model that the person thinks of choosing. */
export const wishShape = z.strictObject({
  memoryWindow: memoryWindowShape,
  /** What this laptop would offer; null: what it offers by itself. */
  memoryBytes: z.int().positive().nullable(),
  contextTokens: z.int().min(256).max(1_000_000),
});

/** What the planner says of a wish, before anything is loaded. */
export const forecastShape = z.strictObject({
  model: name,
  /** The laptop that leads the home and whose settings hold, where that is another one. */
  leader: name.nullable(),
  fit: fitShape,
  /** The widest window that makes a difference. */
  mostBlocks: z.int().min(2),
  /** Each laptop that would take part, in rank order, and the peak memory of its process. */
  laptops: z.array(z.strictObject({ name, isSelf: z.boolean(), bytes })),
});

export type MachineView = z.infer<typeof machineShape>;
export type Wish = z.infer<typeof wishShape>;
export type Forecast = z.infer<typeof forecastShape>;
