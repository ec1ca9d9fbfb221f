/** What a node's memory will be made of, in bytes. */
export interface MemoryParts {
  /** The process before anything is loaded: Node, the program, its stacks. */
  process: number;
  /** Ring and resident blocks, or all blocks. */
  weights: number;
  kvCache: number;
  activations: number;
  /** Matmul panels, send buffers, and what the JavaScript heap grows by while it runs. */
  working: number;
}

/** Peak memory of a node: nothing is released while it answers, so the peak is the sum (paper section 3.3, equation 10). */
export function forecastPeak(parts: MemoryParts): number {
  return parts.process + parts.weights + parts.kvCache + parts.activations + parts.working;
}
