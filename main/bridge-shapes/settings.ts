import { z } from 'zod';
import { defaultChatSampling, mostPrefixCharacters, ownSamplingShape, samplingShape } from './sampling.js';

/** A way of asking that has a name: what the model is told first, and how it chooses. */
export const presetShape = z.strictObject({
  id: z.string().min(1).max(64),
  name: z.string().trim().min(1).max(80),
  systemPrompt: z.string().max(100_000),
  sampling: ownSamplingShape,
});

/** What this laptop may do for its home; `main/shell/sharing-policy.ts` decides by it. */
export const sharingRulesShape = z.strictObject({
  /** Nothing until the person says otherwise. */
  paused: z.boolean(),
  /** Also while it runs on its battery. */
  onBattery: z.boolean(),
  /** Also while its lid is closed. */
  lidClosed: z.boolean(),
  /** The most memory that may be used, in bytes; null leaves it to the engine. */
  memoryBytes: z.int().positive().nullable(),
});

/** The local API: who may ask it, and where. */
export const apiRulesShape = z.strictObject({
  on: z.boolean(),
  port: z.int().min(1).max(65_535),
  /** Web pages that may use it. */
  origins: z.array(z.url().max(255)).max(32),
});

/** How much of the home's model stays in the laptops' memory, where this laptop leads. */
export const memoryWindowShape = z.discriminatedUnion('kind', [
  /** As much as each laptop's memory allows. */
  z.strictObject({ kind: z.literal('auto') }),
  /** Everything. */
  z.strictObject({ kind: z.literal('off') }),
  /** A window of so many blocks on every laptop. */
  z.strictObject({ kind: z.literal('window'), blocks: z.int().min(2).max(10_000) }),
]);

/** What a person chose for the app as a whole; it is kept in one file in the user's data folder. */
export const settingsShape = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']),
  language: z.enum(['system', 'en', 'de']),
  sampling: samplingShape,
  presets: z.array(presetShape).max(100),
  sharing: sharingRulesShape,
  /** A folder, a GGUF file, or a name of the model cache; null = the guide that comes with the app. */
  model: z.string().max(4096).nullable(),
  /** Positions there is room for, prompt and answer together. */
  contextTokens: z.int().min(256).max(1_000_000),
  /** Compute threads; null = physical cores. */
  threads: z.int().min(1).max(1024).nullable(),
  memoryWindow: memoryWindowShape,
  /** Folder that models are fetched into; null = Hearth's own. */
  modelsFolder: z.string().min(1).max(4096).nullable(),
  /** Put before every prompt. */
  prefix: z.string().max(mostPrefixCharacters),
  api: apiRulesShape,
  /** The first run is over. */
  welcomed: z.boolean(),
  /** The app starts in the tray when its person logs in. */
  openAtLogin: z.boolean(),
  /** The app asks for updates, where its package says where. */
  updates: z.boolean(),
});

export type Preset = z.infer<typeof presetShape>;
export type MemoryWindow = z.infer<typeof memoryWindowShape>;
export type SharingRules = z.infer<typeof sharingRulesShape>;
export type AppSettings = z.infer<typeof settingsShape>;

export const defaultSettings: AppSettings = {
  theme: 'system', language: 'system', sampling: { ...defaultChatSampling }, presets: [],
  sharing: { paused: false, onBattery: false, lidClosed: false, memoryBytes: null }, openAtLogin: false, updates: false,
  model: null, contextTokens: 4096, threads: null, memoryWindow: { kind: 'auto' }, modelsFolder: null, prefix: '', api: { on: false, port: 11_435, origins: [] },
  welcomed: false,
};
