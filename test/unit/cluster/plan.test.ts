import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Capacity } from '../../../engine/cluster/capacity.js';
import { planCluster, type ClusterPlan, type Offer } from '../../../engine/cluster/plan.js';
import { ModelDoesNotFitError } from '../../../engine/cluster/plan-refusal.js';
import type { PlannedModel } from '../../../engine/cluster/share-cost.js';
import { isQuantised, type Dtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import type { ModelConfig } from '../../../engine/model/model-config.js';
import type { OpenedModel } from '../../../engine/model/opened-model.js';
import { spoken } from '../../../engine/saying.js';
import { plannedNeeds } from '../../../engine/shard/planned-needs.js';
import { tokensPerPass } from '../../../engine/shard/shard-plan.js';
import { activationLayout } from '../../../engine/shard/activations.js';
import { modelOf, randomModel, seeded } from '../slices/random-model.js';

/** Every tensor a model of this shape has, of one type. */
class TensorsOfOneType extends Map<string, TensorEntry> {
  constructor(private readonly config: ModelConfig, private readonly dtype: Dtype) {
    super();
  }

  override get(name: string): TensorEntry {
    return { name, dtype: this.dtype, shape: [this.config.vocab, this.config.dim], file: '', offset: 0, bytes: 0 };
  }

  override has(name: string): boolean {
    return name !== 'lm_head.weight' || !this.config.tiedEmbeddings;
  }
}

function planned(config: ModelConfig, dtype: Dtype, contextTokens = 256): PlannedModel {
  const model = { config, tensors: new TensorsOfOneType(config, dtype) } as unknown as OpenedModel;
  const needsOf = plannedNeeds(model, { dtype: null, contextTokens, kvDtype: 'f16', logitRows: 1 });
  return { name: 'the model', config, quantised: isQuantised(dtype), held: null, needsOf };
}

const gigabyte = 1e9;
const capacity = (changes: Partial<Capacity> & { rate?: number } = {}): Capacity => {
  const { rate = 20e9, ...rest } = changes;
  return {
    memoryBytes: 8 * gigabyte, processBytes: 80e6, cores: 4, diskBytesPerSecond: 2e9,
    productBytesPerSecond: { f32: rate, bf16: rate, f16: rate, q8_0: rate, q4_0: rate }, ...rest,
  };
};
const offer = (name: string, of: Capacity, roundTripSeconds: number | null = null): Offer => ({
  deviceId: name, name, capacity: of, link: roundTripSeconds === null ? null : { roundTripSeconds, bytesPerSecond: 50e6 },
});

/** The shape of a model of 8 billion weights. */
const eightBillion = planned(modelOf({
  dim: 4096, nLayers: 32, nHeads: 32, nKvHeads: 8, headDim: 128, ffnDim: 14336, vocab: 128_256, maxPositions: 8192,
}), 'bf16', 2048);

const randomCapacity: fc.Arbitrary<Capacity> = fc.record({
  memoryBytes: fc.integer({ min: 110, max: 260 }).map((megabytes) => megabytes * 1e6),
  processBytes: fc.constantFrom(60e6, 80e6),
  diskBytesPerSecond: fc.constantFrom(50e6, 500e6, 3e9),
  rate: fc.constantFrom(1e8, 2e9, 20e9, 40e9),
}).map(capacity);
const randomOffers: fc.Arbitrary<Offer[]> = fc.array(
  fc.record({ of: randomCapacity, link: fc.record({
    roundTripSeconds: fc.constantFrom(1e-4, 1e-3, 7e-3, 0.1), bytesPerSecond: fc.constantFrom(1e6, 50e6),
  }) }), { minLength: 1, maxLength: 9 },
).map((all) => all.map(({ of, link }, index) => (
  { deviceId: `id-${index}`, name: `laptop ${index}`, capacity: of, link: index === 0 ? null : link }
)));
const randomPlanned: fc.Arbitrary<PlannedModel> = fc.tuple(randomModel, fc.constantFrom<Dtype>('f32', 'bf16', 'f16'))
  .map(([config, dtype]) => planned({ ...config, nLayers: config.nLayers * 4 }, dtype));

/** The plan, or null where it is refused. */
function planOrNull(model: PlannedModel, offers: readonly Offer[]): ClusterPlan | null {
  try {
    return planCluster(model, offers);
  } catch (error) {
    if (error instanceof ModelDoesNotFitError) return null;
    throw error;
  }
}

const runs = { numRuns: 60, ...seeded };

describe('the plan', () => {
  it('never takes more of a laptop than it offers, and gives out everything once', { timeout: 300_000 }, () => {
    let plans = 0;
    fc.assert(fc.property(randomPlanned, randomOffers, (model, offers) => {
      const plan = planOrNull(model, offers);
      if (plan === null) return;
      plans += 1;
      expect(plan.nodes[0]!.deviceId).toBe('id-0');
      const shares = plan.nodes.map(({ share }) => share);
      const tokens = tokensPerPass(model.config, shares, 256);
      for (const { deviceId, share, predictedBytes } of plan.nodes) {
        expect(predictedBytes).toBeLessThanOrEqual(offers.find((one) => one.deviceId === deviceId)!.capacity.memoryBytes);
        // The run's passes follow the widest share: nobody's activations are more than was planned for.
        const { activations } = model.needsOf(share, share.rank === 0);
        expect(activationLayout(model.config, share, tokens, 0, 0).bytes).toBeLessThanOrEqual(activations);
      }
      const sum = (of: 'kvHeads' | 'ffnColumns'): number => shares.reduce((total, share) => total + share[of], 0);
      expect([sum('kvHeads'), sum('ffnColumns')]).toEqual([model.config.nKvHeads, model.config.ffnDim]);
      const all = [...plan.nodes, ...plan.leftOut].map(({ deviceId }) => deviceId);
      expect(all.sort()).toEqual(offers.map(({ deviceId }) => deviceId).sort());
    }), runs);
    expect(plans).toBeGreaterThan(15);
  });

  it('is the same for the same offers, in whatever order the helpers come', { timeout: 300_000 }, () => {
    fc.assert(fc.property(randomPlanned, randomOffers, (model, [master, ...helpers]) => {
      expect(planOrNull(model, [master!, ...helpers.reverse()])).toEqual(planOrNull(model, [master!, ...helpers]));
    }), { ...runs, numRuns: 30 });
  });

  it('never gets slower, nor refuses, when a laptop offers more memory', { timeout: 300_000 }, () => {
    let compared = 0;
    fc.assert(fc.property(randomPlanned, randomOffers, fc.nat(), fc.integer({ min: 1, max: 200 }), (model, offers, which, more) => {
      const before = planOrNull(model, offers);
      if (before === null) return;
      const index = which % offers.length;
      const richer = offers.map((one, at) => at !== index ? one
        : { ...one, capacity: { ...one.capacity, memoryBytes: one.capacity.memoryBytes + more * 1e6 } });
      compared += 1;
      expect(planCluster(model, richer).secondsPerToken).toBeLessThanOrEqual(before.secondsPerToken);
    }), runs);
    expect(compared).toBeGreaterThan(15);
  });

  it('refuses with what is missing, and that much more is enough', { timeout: 300_000 }, () => {
    let refusals = 0;
    fc.assert(fc.property(randomPlanned, randomOffers, (model, offers) => {
      const poor = offers.map((one) => ({ ...one, capacity: { ...one.capacity, memoryBytes: one.capacity.memoryBytes - 40e6 } }));
      try {
        planCluster(model, poor);
      } catch (error) {
        if (!(error instanceof ModelDoesNotFitError)) throw error;
        refusals += 1;
        const given = poor.map((_, index) => poor.map((one, at) => at !== index ? one
          : { ...one, capacity: { ...one.capacity, memoryBytes: one.capacity.memoryBytes + error.missingBytes } }));
        if (error.laptopBytes !== null) {
          expect(given.some((richer) => planOrNull(model, richer) !== null)).toBe(true);
          const newcomer = offer('new', { ...poor[0]!.capacity, memoryBytes: error.laptopBytes }, 1e-3);
          expect(planOrNull(model, [...poor, newcomer])).not.toBeNull();
        }
        const hair = poor.map((one) => ({ ...one, capacity: { ...one.capacity, memoryBytes: one.capacity.memoryBytes + Math.max(0, error.missingBytes - 1) } }));
        if (poor.length === 1 && error.laptopBytes !== null) expect(planOrNull(model, hair)).toBeNull();
      }
    }), runs);
    expect(refusals).toBeGreaterThan(5);
  });

  it('gives more to whoever is faster, in proportion', () => {
    const plan = planCluster(eightBillion, [
      offer('kitchen', capacity({ memoryBytes: 30e9, rate: 20e9 })), offer('attic', capacity({ memoryBytes: 30e9, rate: 10e9 }), 1e-3),
    ]);
    expect(plan.nodes.map(({ name }) => name)).toEqual(['kitchen', 'attic']);
    const [kitchen, attic] = plan.nodes.map(({ computeSeconds }) => computeSeconds);
    expect(kitchen! / attic!).toBeGreaterThan(0.8);
    expect(kitchen! / attic!).toBeLessThan(1.25);
    expect(spoken(plan.why)).toContain('kitchen');
    expect(spoken(plan.why)).toMatch(/attic \d+%/);
  });

  it('splits a model over laptops that could not hold it alone, each within its memory', () => {
    const small = capacity({ memoryBytes: 5e9 });
    const plan = planCluster(eightBillion, [
      offer('a', small), offer('b', small, 1e-3), offer('c', small, 1e-3), offer('d', small, 1e-3),
    ]);
    expect(plan.nodes).toHaveLength(4);
    expect(plan.nodes.every(({ predictedBytes }) => predictedBytes <= 5e9)).toBe(true);
    expect(plan.nodes.every(({ loadSeconds }) => loadSeconds === 0)).toBe(true);
  });

  it('leaves out a laptop that would slow the others, and says why', () => {
    const roomy = capacity({ memoryBytes: 30e9 });
    const far = planCluster(eightBillion, [offer('kitchen', roomy), offer('attic', roomy, 1e-3), offer('garden', roomy, 0.2)]);
    expect(far.leftOut.map(({ name }) => name)).toEqual(['garden']);
    expect(far.leftOut[0]!.why.sentence).toMatch(/garden is left out: with it a token would take .* 65 times at 200 ms/);
    const slow = planCluster(eightBillion, [
      offer('kitchen', roomy), offer('attic', roomy, 1e-3), offer('museum', capacity({ memoryBytes: 30e9, rate: 1e7 }), 1e-3),
    ]);
    expect(slow.leftOut).toEqual([{ deviceId: 'museum', name: 'museum', why: expect.objectContaining({ code: 'LEFT_OUT_SLOW', sentence: expect.stringContaining('so slow') }) }]);
    const tiny = planCluster(eightBillion, [offer('kitchen', roomy), offer('watch', capacity({ memoryBytes: 90e6 }), 1e-4)]);
    expect(tiny.leftOut[0]!.why.sentence).toMatch(/watch is left out: it offers 90.0 MB and the smallest share needs/);
    expect(spoken(tiny.why)).toContain('kitchen runs the model alone');
  });

  it('names the disk that everybody would wait for', () => {
    const plan = planCluster(eightBillion, [offer('kitchen', capacity({ memoryBytes: 4e9, diskBytesPerSecond: 5e8 }))]);
    expect(plan.nodes[0]!.window.kind).toBe('budget');
    expect(spoken(plan.why)).toContain('the disk of kitchen');
    expect(plan.secondsPerToken).toBeGreaterThan(20);
  });

  it('holds the weights as the person wants it: a wider window takes more memory, and only off spares the disk', () => {
    const offers = [offer('kitchen', capacity({ memoryBytes: 40e9 })), offer('attic', capacity({ memoryBytes: 40e9 }), 1e-3)];
    const held = (blocks: number): ClusterPlan => planCluster({ ...eightBillion, held: { kind: 'window', blocks } }, offers);
    const bytesOf = (plan: ClusterPlan): number => plan.nodes[0]!.predictedBytes;
    const [two, eight, all] = [held(2), held(8), held(1000)];
    const off = planCluster({ ...eightBillion, held: { kind: 'off' } }, offers);
    expect(two.nodes.map(({ window }) => window)).toEqual(two.nodes.map(() => ({ kind: 'window', blocks: 2 })));
    expect(bytesOf(eight)).toBeGreaterThan(2 * bytesOf(two));
    expect(bytesOf(off)).toBeGreaterThan(bytesOf(eight));
    expect(two.secondsPerToken).toBeGreaterThan(off.secondsPerToken);
    expect(spoken(two.why)).toContain('through its memory window');
    // A window that is as wide as the model is none.
    expect(all.nodes.map(({ window }) => window.kind)).toEqual(off.nodes.map(() => 'off'));
    expect(planCluster(eightBillion, offers).secondsPerToken).toBe(off.secondsPerToken);
  });

  it('refuses a window that finds no room, though a smaller one would', () => {
    const offers = [offer('kitchen', capacity({ memoryBytes: 4e9 }))];
    expect(planOrNull({ ...eightBillion, held: { kind: 'window', blocks: 2 } }, offers)).not.toBeNull();
    expect(planOrNull({ ...eightBillion, held: { kind: 'window', blocks: 40 } }, offers)).toBeNull();
    expect(planOrNull({ ...eightBillion, held: { kind: 'off' } }, offers)).toBeNull();
  });

  it('tells a person in one line what is missing', () => {
    const poor = capacity({ memoryBytes: 0.9e9 });
    const refused = (): unknown => planCluster(eightBillion, [offer('kitchen', poor), offer('attic', capacity({ memoryBytes: 0.1e9 }), 1e-3)]);
    expect(refused).toThrow(expect.objectContaining({ code: 'MODEL_DOES_NOT_FIT' }));
    expect(refused).toThrow(/Give Hearth .* more on kitchen, or pair another laptop that offers|make another laptop the master/);
  });
});
