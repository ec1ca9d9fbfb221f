import type { TensorEntry } from './tensor-entry.js';

/** One tensor as a safetensors header declares it, with the dtype in the file's own spelling (`F32`, `BF16`, `U8`, …). */
export interface SafetensorsTensor {
  name: string;
  dtype: string;
  shape: readonly number[];
  /** Bytes from the start of the file. */
  offset: number;
  bytes: number;
}

export interface SafetensorsFile {
  metadata: Record<string, string>;
  /** In the order of their bytes in the file. */
  tensors: SafetensorsTensor[];
  /** Where the data section begins, in bytes from the start of the file. */
  dataOffset: number;
}

/** A tensor to be written: its bytes follow those of the one before it. */
export interface SafetensorsPart {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: number;
}

export declare function readSafetensorsFile(file: string): Promise<SafetensorsFile>;
export declare function readSafetensorsHeader(file: string): Promise<TensorEntry[]>;
export declare function encodeSafetensorsHeader(
  tensors: readonly SafetensorsPart[],
  metadata: Record<string, string>,
  options: { alignTo: number },
): Uint8Array;
