import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeBlock, RingPlace, type RowSpan } from '../../../engine/memory/ring.js';
import { allResident, pageBytes, pages, planForBudget, planWindow } from '../../../engine/memory/window-plan.js';
import type { Memory } from '../../../native-kernels/index.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

/** Tensors of random rows behind each other, at offsets aligned to 64 as the block layout has them. */
const blockArbitrary = fc
  .array(fc.record({ rows: fc.integer({ min: 1, max: 60 }), rowBytes: fc.integer({ min: 1, max: 900 }) }), {
    minLength: 1, maxLength: 6,
  })
  .map((tensors) => {
    const spans: RowSpan[] = [];
    let offset = 0;
    for (const { rows, rowBytes } of tensors) {
      spans.push({ offset, bytes: rows * rowBytes, rowBytes });
      offset = Math.ceil((offset + rows * rowBytes) / 64) * 64;
    }
    const last = spans.at(-1);
    return { spans, bytes: (last?.offset ?? 0) + (last?.bytes ?? 0) };
  });

const newPlace = () => new RingPlace({ memory: 0 as Memory, base: 0, splitAt: Infinity, wrapBase: 0 });

describe('a block in the ring', () => {
  test('never overlaps its neighbour, lies inside the ring, and wraps only between rows', () => {
    fc.assert(
      fc.property(fc.array(blockArbitrary, { minLength: 2, maxLength: 12 }), fc.integer({ min: 2, max: 4 }), (blocks, w) => {
        const longestRow = Math.max(...blocks.flatMap((block) => block.spans.map((span) => span.rowBytes)));
        const ring = w * pages(Math.max(...blocks.map((b) => b.bytes))) + pages(longestRow) + pageBytes;
        let from = 0;
        for (const block of blocks) {
          const place = newPlace();
          placeBlock(place, 0, block.bytes, block.spans, from, ring);
          expect(place.start).toBe(from);
          expect(place.start % pageBytes).toBe(0);
          expect(place.end % pageBytes).toBe(0);
          // A window of two blocks always holds one while the one before it is in use.
          expect(place.end - place.start).toBeLessThanOrEqual(ring);
          const { base, splitAt, wrapBase } = place.location;
          if (splitAt === Infinity) {
            expect(base + pages(block.bytes)).toBeLessThanOrEqual(ring);
          } else {
            expect(base + splitAt).toBeLessThanOrEqual(ring);
            expect(wrapBase % pageBytes).toBe(splitAt % pageBytes);
            const inside = block.spans.find((s) => splitAt > s.offset && splitAt < s.offset + s.bytes);
            if (inside !== undefined) expect((splitAt - inside.offset) % inside.rowBytes).toBe(0);
          }
          from = place.end;
        }
      }),
      seed,
    );
  });

  test('knows how many of its bytes lie below a position', () => {
    fc.assert(
      fc.property(blockArbitrary, fc.nat(40), fc.nat(), (block, startPages, cut) => {
        const longestRow = Math.max(...block.spans.map((span) => span.rowBytes));
        const ring = 2 * pages(block.bytes) + pages(longestRow) + pageBytes;
        const place = newPlace();
        placeBlock(place, 0, block.bytes, block.spans, startPages * pageBytes, ring);
        const limit = place.start + (cut % (place.end - place.start + 1));
        const below = place.bytesBelow(limit);
        let counted = 0;
        while (counted < block.bytes && place.position(counted) < limit) counted += 1;
        expect(below).toBe(counted);
      }),
      seed,
    );
  });
});

describe('the window plan', () => {
  test('keeps everything resident when the ring would hold it anyway', () => {
    expect(planWindow([100, 200, 100, 200], 4, 10)).toEqual(allResident([100, 200, 100, 200]));
  });

  test('is a ring of w of the largest blocks otherwise', () => {
    const blocks = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 10 : 30) * pageBytes);
    const plan = planWindow(blocks, 2, 100);
    expect(plan.ringBytes).toBe(2 * 30 * pageBytes + 2 * pageBytes);
    expect(plan.resident.some(Boolean)).toBe(false);
  });

  test('spends a budget on the smallest ring and evenly spread resident blocks, and never more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: 8, maxLength: 100 }),
        fc.double({ min: 0, max: 1.2, noNaN: true }),
        (blocks, share) => {
          const budget = Math.floor(allResident(blocks).bytes * share);
          const plan = planForBudget(blocks, budget, 4096);
          if (plan === null) {
            expect(planWindow(blocks, 2, 4096).bytes).toBeGreaterThan(budget);
            return;
          }
          expect(plan.bytes).toBeLessThanOrEqual(budget);
          const resident = blocks.filter((_, i) => plan.resident[i]).reduce((sum, bytes) => sum + pages(bytes), 0);
          expect(plan.bytes).toBe(resident + plan.ringBytes);
        },
      ),
      seed,
    );
  });

  test('says when not even two blocks fit', () => {
    expect(planForBudget([1e6, 1e6, 1e6], 1e6, 100)).toBeNull();
  });
});
