import { describe, expect, it } from 'vitest';
import { kernels } from '../../../native-kernels/index.js';
import { casesOfSets, plainCases } from './all-cases.js';
import { holdAgainstReference } from './comparison.js';
import { widenedCases } from './quant-cases.js';

describe.each(kernels.instructionSets())('the %s kernels', (set) => {
  it.each(Object.entries(casesOfSets))('agree with the reference: %s', (_, cases) => {
    holdAgainstReference(kernels, set, cases());
  });

  it.each(['q8_0', 'q4_0'] as const)('widen %s as the gguf package does', (type) => {
    for (const { run, expected, ...rest } of widenedCases(type)) {
      holdAgainstReference(kernels, 'scalar', [{ ...rest, run, expected }]);
      holdAgainstReference(kernels, set, [{ ...rest, run, expected }]);
    }
  });
});

it.each(Object.entries(plainCases))('what is written once agrees with the reference: %s', (_, cases) => {
  holdAgainstReference(kernels, 'scalar', cases());
});

it('leaves nothing allocated behind the comparisons', () => {
  const { allocatedBytes, handles } = kernels.memoryStats();
  expect({ allocatedBytes, handles }).toEqual({ allocatedBytes: 0, handles: 0 });
});
