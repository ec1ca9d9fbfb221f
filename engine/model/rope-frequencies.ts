import type { ModelConfig } from './model-config.js';

export declare function ropeFrequencies(config: ModelConfig): Float32Array;
