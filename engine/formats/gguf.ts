import type { TensorEntry } from './tensor-entry.js';

/** A metadata value of a GGUF file; 64-bit integers become numbers when they are safe, otherwise the file is refused. */
export type GgufValue = string | number | boolean | readonly GgufValue[];
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export interface GgufFile {
  metadata: GgufMetadata;
  /** Under GGUF's own names, shapes row-major. */
  tensors: TensorEntry[];
}

export declare function readGguf(file: string): Promise<GgufFile>;
