import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WrongUseError } from '../../../engine/errors.js';
import { partition } from '../../../engine/slices/partition.js';
import { evenRatio, parseRatio } from '../../../engine/slices/ratio.js';
import { modelOf, randomModel, randomRatio, seeded } from './random-model.js';

const smollm2 = modelOf({ nHeads: 9, nKvHeads: 3, headDim: 64, dim: 576, ffnDim: 1536 });

describe('partition', () => {
  it('covers every KV head and every FFN column exactly once, in rank order', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, fc.boolean(), (config, ratio, quantised) => {
        const shares = partition(config, ratio, { quantised });
        let heads = 0;
        let columns = 0;
        for (const [rank, share] of shares.entries()) {
          expect(share.rank).toBe(rank);
          expect(share.kvHeadStart).toBe(heads);
          expect(share.ffnStart).toBe(columns);
          heads += share.kvHeads;
          columns += share.ffnColumns;
        }
        expect(shares).toHaveLength(ratio.length);
        expect([heads, columns]).toEqual([config.nKvHeads, config.ffnDim]);
      }),
      seeded,
    );
  });

  it('gives each node its due within one unit, and nothing to a node of ratio 0', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, (config, ratio) => {
        const sum = ratio.reduce((a, b) => a + b, 0);
        const columnUnit = [32, 16, 8, 4, 2, 1].find((unit) => config.ffnDim % unit === 0) ?? 1;
        for (const share of partition(config, ratio, { quantised: false })) {
          const part = (ratio[share.rank] ?? 0) / sum;
          expect(Math.abs(share.kvHeads - config.nKvHeads * part)).toBeLessThan(1 + 1e-6);
          expect(Math.abs(share.ffnColumns - config.ffnDim * part)).toBeLessThan(columnUnit * (1 + 1e-6));
          if (part === 0) expect([share.kvHeads, share.ffnColumns]).toEqual([0, 0]);
        }
      }),
      seeded,
    );
  });

  it('cuts quantised products at multiples of 32 wherever their rows are one', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, (config, ratio) => {
        const group = (config.nHeads / config.nKvHeads) * config.headDim;
        for (const share of partition(config, ratio, { quantised: true })) {
          if ((config.nHeads * config.headDim) % 32 === 0) expect((share.kvHeadStart * group) % 32).toBe(0);
          if (config.ffnDim % 32 === 0) expect(share.ffnStart % 32).toBe(0);
        }
      }),
      seeded,
    );
  });

  it('gives the same answer every time, and for every scale of the ratio', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, fc.boolean(), (config, ratio, quantised) => {
        const shares = partition(config, ratio, { quantised });
        expect(partition(config, [...ratio], { quantised })).toEqual(shares);
        expect(partition(config, ratio.map((part) => part * 4), { quantised })).toEqual(shares);
      }),
      seeded,
    );
  });

  it('lets the fourth of four nodes own FFN columns only where there are three KV heads', () => {
    const shares = partition(smollm2, evenRatio(4), { quantised: true });
    expect(shares.map((share) => share.kvHeads)).toEqual([1, 1, 1, 0]);
    expect(shares.map((share) => share.ffnColumns)).toEqual([384, 384, 384, 384]);
  });

  it('splits 5:2:1 as asked', () => {
    const shares = partition(modelOf({ nHeads: 8, nKvHeads: 8, ffnDim: 512 }), [5, 2, 1], { quantised: false });
    expect(shares.map((share) => share.kvHeads)).toEqual([5, 2, 1]);
    expect(shares.map((share) => share.ffnColumns)).toEqual([320, 128, 64]);
  });

  it('cuts the FFN of float and quantised models alike', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, (config, ratio) => {
        const columns = (quantised: boolean): number[] =>
          partition(config, ratio, { quantised }).map((share) => share.ffnColumns);
        expect(columns(true)).toEqual(columns(false));
      }),
      seeded,
    );
  });

  it.each([
    [[]], [new Array<number>(65).fill(1)], [[0, 0]], [[1, -1]], [[NaN]], [[Infinity, 1]],
  ])('refuses %j with one line', (ratio) => {
    expect(() => partition(smollm2, ratio, { quantised: false })).toThrow(WrongUseError);
  });

  it('does not overflow on the largest ratios', () => {
    const shares = partition(smollm2, [Number.MAX_VALUE, Number.MAX_VALUE], { quantised: false });
    expect(shares.map((share) => share.ffnColumns)).toEqual([768, 768]);
  });
});

describe('parseRatio', () => {
  it('reads one number per node', () => {
    expect(parseRatio('5:2:1')).toEqual([5, 2, 1]);
    expect(parseRatio(' 1.5:0 ', 2)).toEqual([1.5, 0]);
  });

  it.each(['', '5:', '5:-1', '1:1e9', '0:0', 'a:b', '5;2', '1:'.repeat(64) + '1'])('refuses %j', (text) => {
    expect(() => parseRatio(text)).toThrow(expect.objectContaining({ code: 'RATIO_INVALID', exitCode: 2 }));
  });

  it('refuses a ratio that does not name every node', () => {
    expect(() => parseRatio('5:2:1', 4)).toThrow('--ratio 5:2:1 names 3 nodes but --world-size is 4: make them agree.');
  });
});
