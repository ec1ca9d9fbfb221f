import type { Kernels } from '../../../native-kernels/index.js';
import { Workspace } from './workspace.js';

/** One call of a kernel with given inputs, and what plain JavaScript in double precision makes of them. */
export interface KernelCase {
  /** Shape, alignment and seed: enough to run it again. */
  what: string;
  run(workspace: Workspace): ArrayLike<number>;
  expected: ArrayLike<number>;
  /** Largest difference allowed, relative to the expected value and to `floor`; 0 asks for the same bits. */
  tolerance: number;
  /** The size below which differences count absolutely: the size of the terms that were summed. Default 0. */
  floor?: number;
}

function isClose(actual: number, expected: number, tolerance: number, floor: number): boolean {
  if (Number.isNaN(expected) || Number.isNaN(actual)) return Number.isNaN(expected) && Number.isNaN(actual);
  if (tolerance === 0 || !Number.isFinite(expected)) return Object.is(actual, expected);
  // What F32 cannot hold as a normal number may differ by a step of its denormals.
  return Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), floor) + 1.5e-45;
}

function compare(actual: ArrayLike<number>, expected: ArrayLike<number>, kernelCase: KernelCase, set: string): void {
  if (actual.length !== expected.length) throw new Error(`${kernelCase.what} on ${set}: wrong length`);
  for (let i = 0; i < expected.length; i++) {
    const got = actual[i] ?? NaN;
    const wanted = expected[i] ?? NaN;
    if (isClose(got, wanted, kernelCase.tolerance, kernelCase.floor ?? 0)) continue;
    throw new Error(`${kernelCase.what} on ${set}: value ${i} is ${got}, expected ${wanted}`);
  }
}

function runOn(kernels: Kernels, set: string, kernelCase: KernelCase): ArrayLike<number> {
  const workspace = new Workspace(kernels);
  kernels.setInstructionSet(set);
  try {
    const result = kernelCase.run(workspace);
    workspace.checkMargins();
    return result;
  } finally {
    workspace.dispose();
  }
}

/** Holds the scalar kernel against the expected values, and every other set against the scalar kernel. Throws. */
export function holdAgainstReference(kernels: Kernels, set: string, cases: Iterable<KernelCase>): void {
  for (const kernelCase of cases) {
    const actual = runOn(kernels, set, kernelCase);
    compare(actual, set === 'scalar' ? kernelCase.expected : runOn(kernels, 'scalar', kernelCase), kernelCase, set);
  }
}
