import { expect, it } from 'vitest';
import { availableByVmStat } from '../../../engine/report/vm-stat.js';

const printed = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                5000.
Pages active:                            220000.
Pages inactive:                          180000.
Pages speculative:                         3000.
Pages throttled:                              0.
Pages wired down:                        120000.
Pages purgeable:                           4000.
"Translation faults":                 900000000.
`;

it('macOS can spare what is free, read ahead or unused for a while', () => {
  expect(availableByVmStat(printed)).toBe(188_000 * 16_384);
});

it('something else than the pages of macOS is not guessed from', () => {
  expect(availableByVmStat('')).toBeNull();
  expect(availableByVmStat(printed.replace('Pages inactive:', 'Pages idle:'))).toBeNull();
});
