import type { Dtype, StoredDtype } from '../formats/dtype.js';
import type { TensorEntry } from '../formats/tensor-entry.js';
import type { OpenedModel } from './opened-model.js';

/** So many tensors of one stored type become one native type. */
export interface Conversion {
  from: StoredDtype;
  to: Dtype;
  tensors: number;
}

export declare function plannedDtype(entry: TensorEntry, asked: Dtype | null): Dtype;
export declare function conversionReport(model: Pick<OpenedModel, 'tensors'>, asked: Dtype | null): Conversion[];
