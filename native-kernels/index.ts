import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { existsSync } from 'node:fs';

/**
 * The one typed door to the addon. No other file loads it.
 *
 * All bulk memory (weights, KV cache, activations) belongs to the addon; JavaScript holds opaque handles. Every tensor
 * argument is a pair (handle, offset in BYTES); strides are in FLOATS; all activations are F32, row-major. Bad arguments
 * throw an `Error` whose `code` is one of {@link KernelErrorCode}; the addon never aborts.
 */

/** A block of memory owned by the addon: slot and generation, so that a freed handle is refused, never followed. */
export type Memory = number & { readonly __brand: 'Memory' };
/** A file opened by the addon for reading. */
export type File = number & { readonly __brand: 'File' };
/** A background reader with a queue of its own. */
export type Loader = number & { readonly __brand: 'Loader' };

export type KernelErrorCode =
  | 'KERNEL_BAD_HANDLE'
  | 'KERNEL_OUT_OF_BOUNDS'
  | 'KERNEL_BAD_ARGUMENT'
  | 'KERNEL_OUT_OF_MEMORY'
  | 'KERNEL_IO'
  | 'KERNEL_CANCELLED';

/** Native weight types, in the addon's numbering. Q8_0 and Q4_0 have ggml's block layout (34 and 18 bytes per 32). */
export const WeightType = { f32: 0, bf16: 1, f16: 2, q8_0: 3, q4_0: 4 } as const;
export type WeightType = (typeof WeightType)[keyof typeof WeightType];

/** Types that can be converted from on load: the native ones and ggml's other block types. */
export const StoredType = {
  ...WeightType,
  q4_1: 16,
  q5_0: 17,
  q5_1: 18,
  q4_k: 19,
  q5_k: 20,
  q6_k: 21,
} as const;
export type StoredType = (typeof StoredType)[keyof typeof StoredType];

/** How RoPE pairs dimensions: (i, i + head_dim/2) as Hugging Face does, or (2i, 2i + 1) as GGUF's llama does. */
export const RopeStyle = { halfSplit: 0, interleaved: 1 } as const;
export type RopeStyle = (typeof RopeStyle)[keyof typeof RopeStyle];

export interface MemoryStats {
  /** Bytes allocated and not yet freed in this environment (mappings not counted). */
  allocatedBytes: number;
  /** Bytes mapped from files. */
  mappedBytes: number;
  /** Live handles of all kinds. */
  handles: number;
  /** Scratch bytes: the thread pool's for products and attention, and the buffer of unaligned reads. */
  scratchBytes: number;
}

export interface Kernels {
  // ---- memory -----------------------------------------------------------------------------------------------------
  /** Zeroed memory aligned to 4096 bytes; huge pages are asked for from 2 MiB up. KERNEL_OUT_OF_MEMORY. */
  allocate(bytes: number): Memory;
  /** Read-only mapping of `bytes` of a file from `offset` (any alignment). KERNEL_IO. */
  map(path: string, offset: number, bytes: number): Memory;
  free(memory: Memory): void;
  /** Copies memory out into a typed array (also one on a SharedArrayBuffer). */
  read(memory: Memory, offset: number, into: Uint8Array | Float32Array | Int32Array): void;
  /** Copies a typed array into memory. KERNEL_BAD_ARGUMENT on a read-only mapping. */
  write(memory: Memory, offset: number, from: Uint8Array | Float32Array | Int32Array): void;
  /** Copies bytes between two memories (or within one; overlap allowed). */
  copy(from: Memory, fromOffset: number, to: Memory, toOffset: number, bytes: number): void;
  /** Gives whole pages inside the range back to the system; they read as zero afterwards. */
  discard(memory: Memory, offset: number, bytes: number): void;
  memoryStats(): MemoryStats;
  /** Gives back to the system what the process's C heap keeps of freed blocks, where it can be asked. */
  trimHeap(): void;

  // ---- files --------------------------------------------------------------------------------------------------------
  /** Opens for reading. `direct` keeps the page cache out (O_DIRECT / F_NOCACHE / read-and-drop where neither works). */
  openFile(path: string, direct: boolean): File;
  closeFile(file: File): void;
  /** Blocking read of exactly `bytes` into memory; a short file is KERNEL_IO. */
  readInto(file: File, fileOffset: number, bytes: number, memory: Memory, offset: number): void;
  /** Gives the file's pages in the page cache back to the system, where it can be asked: those on disk and not mapped. */
  dropFromCache(file: File): void;
  createLoader(): Loader;
  /** Queues a read on the loader's own thread and returns its ticket: 1, 2, 3, … */
  submit(loader: Loader, file: File, fileOffset: number, bytes: number, memory: Memory, offset: number): number;
  /** Highest ticket up to which all reads are done. Throws the first failed read's KERNEL_IO. */
  completed(loader: Loader): number;
  /** Resolves when `completed() >= ticket`; rejects with the failed read's error or KERNEL_CANCELLED on close. */
  wait(loader: Loader, ticket: number): Promise<void>;
  /** Bytes read and nanoseconds spent reading so far, for the rate of the disk. */
  loaderStats(loader: Loader): { bytes: number; nanoseconds: number };
  /** Cancels what is queued, joins the thread. */
  closeLoader(loader: Loader): void;

  // ---- threads and instruction sets ---------------------------------------------------------------------------------
  /** Size of this environment's persistent pool (the caller counts as one). Default: physical cores. */
  setThreads(threads: number): void;
  threads(): number;
  physicalCores(): number;
  /** Instruction sets this machine can run, best first; 'scalar' is always last. */
  instructionSets(): string[];
  /** Chooses one of {@link instructionSets}; for tests and benchmarks. KERNEL_BAD_ARGUMENT. */
  setInstructionSet(name: string): void;

  // ---- products -----------------------------------------------------------------------------------------------------
  /**
   * y[t, r] = sum_c W[r, c] * x[t, c].  W (rows, cols) of `type`, rows contiguous; x (tokens, cols), y (tokens, rows).
   * Level 2 for one token, level 3 for more. Quantised weights (cols % 32 == 0) are widened to floats in the kernel; with
   * AVX-512 VNNI they meet activations rounded to 16 bits in blocks of 32, off by at most 1.6e-5 of the block's largest,
   * and a block that holds an infinity or a NaN makes its token's results NaN.
   * Never splits the summed axis by thread, so results do not depend on the thread count.
   */
  matmul(
    type: WeightType, w: Memory, wOffset: number, rows: number, cols: number,
    x: Memory, xOffset: number, xStride: number,
    y: Memory, yOffset: number, yStride: number, tokens: number,
  ): void;

  // ---- elementwise and attention ------------------------------------------------------------------------------------
  /** y[i, :] = x[i, :] / sqrt(mean(x[i, :]^2) + eps) * w, over `rows` rows of n; x and y may be the same. */
  rmsNorm(
    x: Memory, xOffset: number, xStride: number, type: WeightType, w: Memory, wOffset: number, eps: number,
    y: Memory, yOffset: number, yStride: number, rows: number, n: number,
  ): void;
  /** table (tokens, halfDim, 2) = cos, sin of (startPosition + t) * frequencies[i]; frequencies F32 (halfDim). */
  ropeTable(
    frequencies: Memory, frequenciesOffset: number, halfDim: number, startPosition: number, tokens: number,
    table: Memory, tableOffset: number,
  ): void;
  /** Rotates x (tokens, heads, headDim) in place by the table (tokens, headDim/2, 2). */
  rope(
    x: Memory, xOffset: number, xStride: number, tokens: number, heads: number, headDim: number,
    table: Memory, tableOffset: number, style: RopeStyle,
  ): void;
  /** Scatters x (tokens, kvHeads * headDim) into a cache (kvHeads, capacity, headDim) of F32 or F16 from `startPosition`. */
  storeKv(
    x: Memory, xOffset: number, xStride: number, tokens: number, startPosition: number, kvHeads: number,
    headDim: number, cacheType: WeightType, cache: Memory, cacheOffset: number, capacity: number,
  ): void;
  /**
   * Causal GQA: token t at position startPosition + t attends to cache positions max(0, p - slidingWindow + 1) … p
   * (slidingWindow 0 = all). q, out (tokens, heads * headDim); caches (kvHeads, capacity, headDim). Query head h reads
   * KV head floor(h * kvHeads / heads). Scores are scaled by `scale`.
   */
  attention(
    q: Memory, qOffset: number, qStride: number, cacheType: WeightType, k: Memory, kOffset: number, v: Memory,
    vOffset: number, out: Memory, outOffset: number, outStride: number, tokens: number, startPosition: number,
    heads: number, kvHeads: number, headDim: number, capacity: number, slidingWindow: number, scale: number,
  ): void;
  /** out = silu(gate) * up over (tokens, n). */
  siluGate(
    gate: Memory, gateOffset: number, gateStride: number, up: Memory, upOffset: number, upStride: number,
    out: Memory, outOffset: number, outStride: number, tokens: number, n: number,
  ): void;
  /** y += x over n floats. */
  add(y: Memory, yOffset: number, x: Memory, xOffset: number, n: number): void;
  /** y += values of a JS array of floats (a frame's payload); byte offsets of `bytes` need no alignment. */
  addBytes(y: Memory, yOffset: number, bytes: Uint8Array): void;
  /** y[t, :] += bias for each of `tokens` rows of n. */
  addBias(
    y: Memory, yOffset: number, yStride: number, type: WeightType, bias: Memory, biasOffset: number, tokens: number,
    n: number,
  ): void;
  /** In-place softmax over each of `rows` rows of n. */
  softmax(x: Memory, xOffset: number, xStride: number, rows: number, n: number): void;
  /** Embedding-row lookup: y (cols) = row `row` of table (…, cols) widened to F32. */
  widenRow(
    type: WeightType, table: Memory, tableOffset: number, row: number, cols: number, y: Memory, yOffset: number,
  ): void;
  /** Converts n values (multiple of the block sizes involved) between types. */
  convert(
    from: StoredType, src: Memory, srcOffset: number, to: WeightType, dst: Memory, dstOffset: number, n: number,
  ): void;
  /** Index of the largest of n floats (the first of equals; NaN never wins). */
  argmax(x: Memory, xOffset: number, n: number): number;
  /** The k largest of n floats, best first (equal values: lower index first), into the two arrays. */
  topK(x: Memory, xOffset: number, n: number, k: number, indices: Int32Array, values: Float32Array): void;

  // ---- measuring ----------------------------------------------------------------------------------------------------
  /** Best of `rounds` passes that read `bytes` with SIMD loads on the pool's threads; bytes per second. */
  measureReadBandwidth(bytes: number, rounds: number): number;
  /** Nanoseconds per call of a tiny rmsNorm called natively, to hold the cost of the door against. */
  measureNativeCall(calls: number): number;
}

/** The addon is not there, or this machine cannot load it. */
export class KernelsMissingError extends Error {
  readonly code = 'KERNELS_MISSING';

  constructor(options?: ErrorOptions) {
    super('The kernel addon is missing or cannot be loaded: run `npm ci` in the hearth folder to build it.', options);
    this.name = 'KernelsMissingError';
  }
}

/** This module's own URL; a CommonJS bundle has no `import.meta.url` but a `__filename`. */
function ownUrl(): string {
  const url: unknown = import.meta.url;
  return typeof url === 'string' ? url : pathToFileURL(__filename).href;
}

/**
 * Finds the folder that holds the built addon, from the sources, from dist/ and from a bundle alike: the nearest
 * `native-kernels` upwards, or HEARTH_ADDON_DIR.
 */
function addonFolder(): string {
  const override = process.env['HEARTH_ADDON_DIR'];
  if (override !== undefined) return override;
  let folder = dirname(fileURLToPath(ownUrl()));
  for (;;) {
    if (existsSync(join(folder, 'native-kernels', 'binding.gyp'))) return join(folder, 'native-kernels');
    const parent = dirname(folder);
    if (parent === folder) throw new KernelsMissingError();
    folder = parent;
  }
}

function loadKernels(): Kernels {
  const folder = addonFolder();
  const load = createRequire(ownUrl())('node-gyp-build') as (folder: string) => unknown;
  try {
    return load(folder) as Kernels;
  } catch (cause) {
    throw new KernelsMissingError({ cause });
  }
}

export const kernels = loadKernels();
