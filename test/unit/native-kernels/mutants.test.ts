import { afterEach, describe, expect, it, vi } from 'vitest';
import { kernels, type Kernels } from '../../../native-kernels/index.js';
import { casesOfSets, plainCases } from './all-cases.js';
import { holdAgainstReference } from './comparison.js';

// Before any import: the door then loads the build with the broken kernels.
vi.hoisted(() => {
  // Where this fails to load, `npm run build:mutants` has not been run.
  process.env['HEARTH_ADDON_DIR'] = new URL('../../../native-kernels/mutants', import.meta.url).pathname;
});

interface MutantKernels extends Kernels {
  mutantNames(): string[];
  setMutant(name: string | null): void;
}

const addon = kernels as MutantKernels;

afterEach(() => addon.setMutant(null));

function expectCaught(name: string, set: string, cases: () => Parameters<typeof holdAgainstReference>[2]): void {
  addon.setMutant(name);
  expect(() => holdAgainstReference(addon, set, cases()), `${name} was not caught`).toThrow(/ on /);
  addon.setMutant(null);
  holdAgainstReference(addon, set, cases());
}

const sets = ['scalar', 'avx2', 'avx512', 'neon'];

// What this machine cannot run is caught on machines that can, NEON by native-kernels/bench/neon-under-qemu.sh.
describe.each(sets.filter((set) => addon.instructionSets().includes(set)))('broken %s kernels', (set) => {
  it.each(Object.entries(casesOfSets))('are caught by the comparison: %s', (name, cases) => {
    expectCaught(`${name}_${set.toUpperCase()}`, set, cases);
  });
});

it.each(Object.entries(plainCases))('broken kernels written once are caught: %s', (name, cases) => {
  expectCaught(name, 'scalar', cases);
});

it('has a comparison for each broken kernel that exists', () => {
  const compared = [
    ...Object.keys(casesOfSets).flatMap((name) => sets.map((set) => `${name}_${set.toUpperCase()}`)),
    ...Object.keys(plainCases),
  ];
  const existing = addon.mutantNames().filter((name) => !name.startsWith('MATMUL_'));
  expect(existing.sort()).toEqual(compared.sort());
});
