import { isQuantised, nearestNative, type Dtype, type StoredDtype } from '../formats/dtype.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { OpenedModel } from './opened-model.js';

/** So many tensors of one stored type become one native type. */
export interface Conversion {
  from: StoredDtype;
  to: Dtype;
  tensors: number;
}

const QUANTISED_BLOCK = 32;

/**
 * What a tensor becomes in memory. Norms and biases are always F32. A matrix becomes what was asked for, or stays what
 * it is where that is native; one whose rows are not whole blocks of 32 becomes BF16 instead of a quantised type.
 */
export function plannedDtype(entry: Pick<TensorEntry, 'dtype' | 'shape'>, asked: Dtype | null): Dtype {
  if (entry.shape.length < 2) return 'f32';
  const wanted = asked ?? nearestNative(entry.dtype);
  const cols = entry.shape.at(-1) ?? 0;
  return isQuantised(wanted) && cols % QUANTISED_BLOCK !== 0 ? 'bf16' : wanted;
}

/** Every conversion that loading the model makes, the most frequent first; tensors that stay the same are left out. */
export function conversionReport(model: Pick<OpenedModel, 'tensors'>, asked: Dtype | null): Conversion[] {
  const conversions = new Map<string, Conversion>();
  for (const entry of model.tensors.values()) {
    const from = entry.dtype;
    const to = plannedDtype(entry, asked);
    if (from === to) continue;
    const key = `${from} ${to}`;
    const conversion = conversions.get(key) ?? { from, to, tensors: 0 };
    conversion.tensors++;
    conversions.set(key, conversion);
  }
  return [...conversions.values()].sort((a, b) => b.tensors - a.tensors);
}
