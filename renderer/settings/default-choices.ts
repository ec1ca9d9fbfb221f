import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';

/** What "reset" goes back to. The page knows main by its types only, so a test holds this to main's own defaults. */
export const defaultSampling: Readonly<ChatSampling> = {
  temperature: 0.7, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.05, seed: null, maxTokens: 1024,
};

/** Positions that a model has room for, where nobody has chosen. */
export const defaultContextTokens = 4096;

/** Where the local API listens, where nobody has chosen. */
export const defaultApiPort = 11_435;
