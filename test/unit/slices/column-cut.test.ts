import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockValues, dtypeBytes, type StoredDtype } from '../../../engine/formats/dtype.js';
import { columnCut } from '../../../engine/slices/column-cut.js';
import { seeded } from './random-model.js';

const stored: StoredDtype[] = ['f32', 'bf16', 'f16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q4_k', 'q5_k', 'q6_k'];

describe('columnCut', () => {
  it('names the fewest whole blocks that hold the columns', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...stored), fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(),
        (dtype, blocks, a, b) => {
          const values = blockValues(dtype);
          const cols = blocks * values;
          const start = a % cols;
          const count = 1 + (b % (cols - start));
          const cut = columnCut(dtype, cols, start, count);
          const first = start - cut.skip;
          expect(first % values).toBe(0);
          expect(cut.skip).toBeLessThan(values);
          expect(cut.windowOffset).toBe(dtypeBytes(dtype, first));
          expect(cut.windowBytes).toBe(dtypeBytes(dtype, cut.windowValues));
          expect(cut.windowValues - cut.skip).toBeGreaterThanOrEqual(count);
          expect(cut.windowValues - cut.skip - count).toBeLessThan(values);
          expect(cut.insideBlock).toBe(cut.windowValues !== count);
          expect(cut.whole).toBe(count === cols);
        },
      ),
      seeded,
    );
  });
});
