import { quotedName } from '../formats/quoted-name.js';
import { configInvalid, configUnsupported } from './config-refusals.js';
import type { RopeScaling } from './model-config.js';

/** The fields of config.json that speak of RoPE, older and newer spelling. */
export interface RopeFields {
  rope_theta?: number | null | undefined;
  rope_scaling?: Record<string, unknown> | null | undefined;
  rope_parameters?: Record<string, unknown> | null | undefined;
  partial_rotary_factor?: number | null | undefined;
  original_max_position_embeddings?: number | null | undefined;
}

const DEFAULT_THETA = 10_000;

/**
 * RoPE's base and scaling as `transformers` 5 reads them: `rope_scaling` where there is one, else `rope_parameters`; a
 * base inside either wins over `rope_theta`.
 */
export function parseRope(
  fields: RopeFields, maxPositions: number, file: string,
): { theta: number; scaling: RopeScaling | null } {
  const parameters = nonEmpty(fields.rope_scaling) ?? fields.rope_parameters ?? {};
  if (Object.values(parameters).some((value) => typeof value === 'object' && value !== null && !Array.isArray(value))) {
    throw configUnsupported(file, 'its RoPE differs from layer to layer');
  }
  const partial = parameters['partial_rotary_factor'] ?? fields.partial_rotary_factor ?? 1;
  if (partial !== 1) throw configUnsupported(file, 'its RoPE turns only a part of each head (partial_rotary_factor)');
  const theta = numberOr(parameters, 'rope_theta', file, fields.rope_theta ?? DEFAULT_THETA);
  const type = parameters['rope_type'] ?? parameters['type'] ?? 'default';
  if (type === 'default') return { theta, scaling: null };
  if (type === 'linear') return { theta, scaling: { type, factor: positive(parameters, 'factor', file) } };
  if (type === 'llama3') return { theta, scaling: llama3(parameters, fields, maxPositions, file) };
  const name = typeof type === 'string' ? type : typeof type;
  throw configUnsupported(
    file,
    `its RoPE scaling ${quotedName(name)} is not supported`,
    'Use a model with RoPE scaling default, linear or llama3.',
  );
}

function llama3(
  parameters: Record<string, unknown>, fields: RopeFields, maxPositions: number, file: string,
): RopeScaling {
  const scaling = {
    type: 'llama3' as const,
    factor: positive(parameters, 'factor', file),
    lowFreqFactor: positive(parameters, 'low_freq_factor', file),
    highFreqFactor: positive(parameters, 'high_freq_factor', file),
    originalMaxPosition:
      fields.original_max_position_embeddings ??
      numberOr(parameters, 'original_max_position_embeddings', file, maxPositions),
  };
  if (scaling.highFreqFactor <= scaling.lowFreqFactor) {
    throw configInvalid(file, 'its RoPE scaling has a high_freq_factor that is not above low_freq_factor');
  }
  if (scaling.originalMaxPosition <= 0) {
    throw configInvalid(file, 'its RoPE scaling has no original_max_position_embeddings above 0');
  }
  return scaling;
}

function nonEmpty(parameters: Record<string, unknown> | null | undefined): Record<string, unknown> | null {
  return parameters && Object.keys(parameters).length > 0 ? parameters : null;
}

function positive(parameters: Record<string, unknown>, key: string, file: string): number {
  const value = numberOr(parameters, key, file, Number.NaN);
  if (!(value > 0)) throw configInvalid(file, `its RoPE scaling has no ${key} above 0`);
  return value;
}

function numberOr(parameters: Record<string, unknown>, key: string, file: string, otherwise: number): number {
  const value = parameters[key] ?? otherwise;
  if (typeof value !== 'number') throw configInvalid(file, `its RoPE parameter ${key} is not a number`);
  return value;
}
