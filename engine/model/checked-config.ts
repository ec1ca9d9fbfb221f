import { configInvalid, configUnsupported } from './config-refusals.js';
import type { ModelConfig } from './model-config.js';

/** Far above any model, far below what could make a product of two counts inexact. */
const LARGEST_COUNT = 2 ** 24;

const counts = ['dim', 'nLayers', 'nHeads', 'nKvHeads', 'headDim', 'ffnDim', 'vocab'] as const;

/**
 * Returns `config` where its counts fit each other and what the kernels compute.
 * @throws ModelUnusableError MODEL_CONFIG_INVALID, MODEL_CONFIG_UNSUPPORTED, naming `file`.
 */
export function checkedConfig(config: ModelConfig, file: string): ModelConfig {
  for (const name of counts) {
    const count = config[name];
    if (!Number.isInteger(count) || count < 1 || count > LARGEST_COUNT) {
      throw configInvalid(file, `it gives ${count} for ${described[name]}`);
    }
  }
  const { nHeads, nKvHeads, headDim } = config;
  if (nHeads % nKvHeads !== 0) {
    throw configInvalid(file, `its ${nHeads} attention heads cannot share ${nKvHeads} key-value heads evenly`);
  }
  if (headDim % 2 !== 0) throw configUnsupported(file, `its head size ${headDim} is odd`);
  if (!Number.isInteger(config.maxPositions) || config.maxPositions < 1) {
    throw configInvalid(file, `it gives ${config.maxPositions} positions`);
  }
  if (!Number.isInteger(config.slidingWindow) || config.slidingWindow < 0) {
    throw configInvalid(file, `it gives a sliding window of ${config.slidingWindow}`);
  }
  if (!isPositive(config.rmsEps)) throw configInvalid(file, `it gives ${config.rmsEps} for the norms' epsilon`);
  if (!isPositive(config.ropeTheta)) throw configInvalid(file, `it gives ${config.ropeTheta} for the RoPE base`);
  return config;
}

const described: Record<(typeof counts)[number], string> = {
  dim: 'the hidden size',
  nLayers: 'the number of layers',
  nHeads: 'the number of attention heads',
  nKvHeads: 'the number of key-value heads',
  headDim: 'the head size',
  ffnDim: 'the feed-forward size',
  vocab: 'the vocabulary',
};

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
