import { cpus, totalmem } from 'node:os';
import { kernels } from '../../native-kernels/index.js';

/** The machine a figure was measured on. */
export interface Machine {
  cpu: string;
  platform: string;
  physical_cores: number;
  memory_bytes: number;
  instruction_set: string;
  node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    platform: `${process.platform}-${process.arch}`,
    physical_cores: kernels.physicalCores(),
    memory_bytes: totalmem(),
    instruction_set: kernels.instructionSets()[0] ?? 'scalar',
    node: process.version,
  };
}

/** Bytes per second that `threads` threads read from memory with SIMD loads: best of `rounds` over `bytes`. */
export function readBandwidth(threads: number, bytes = 2 ** 30, rounds = 10): number {
  kernels.setThreads(threads);
  return kernels.measureReadBandwidth(bytes, rounds);
}

/** What one kernel call from JavaScript costs over the same call made natively: median of `rounds`, nanoseconds. */
export function kernelCallOverhead(rounds = 11, calls = 100_000): number {
  const floats = 8;  // As many as the native call takes.
  const memory = kernels.allocate(floats * 8);
  try {
    const over: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      for (let call = 0; call < calls; call++) {
        kernels.rmsNorm(memory, 0, floats, 0, memory, floats * 4, 1e-6, memory, 0, floats, 1, floats);
      }
      const fromJavaScript = ((performance.now() - started) * 1e6) / calls;
      over.push(fromJavaScript - kernels.measureNativeCall(calls));
    }
    return over.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  } finally {
    kernels.free(memory);
  }
}
