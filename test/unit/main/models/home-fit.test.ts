import { expect, test } from 'vitest';
import type { Offer } from '../../../../engine/cluster/plan.js';
import { spoken } from '../../../../engine/saying.js';
import { fitsHome } from '../../../../main/models/home-fit.js';
import { outlinedBytes, plannedModel, sizedModel } from '../../../../main/models/sized-model.js';
import { suggestedModels } from '../../../../main/models/suggested-models.js';

const offer = (name: string, gigabytes: number): Offer => ({
  deviceId: name, name,
  capacity: {
    memoryBytes: gigabytes * 1e9, processBytes: 80e6, cores: 4, diskBytesPerSecond: 2e9,
    productBytesPerSecond: { f32: 20e9, bf16: 20e9, f16: 20e9, q8_0: 20e9, q4_0: 20e9 },
  },
  link: name === 'first' ? null : { roundTripSeconds: 0.001, bytesPerSecond: 50e6 },
});
const first = suggestedModels.find(({ title }) => title === 'Qwen2.5 7B')!;
const model = plannedModel(sizedModel(first.title, first.outline, first.dtype), 2048, null);

test('a model whose weights all find room fits, and says in how much memory and time', () => {
  const fit = fitsHome(model, [offer('first', 24)]);
  expect(fit).toMatchObject({ fit: 'yes', laptops: 1 });
  expect(fit.mostMemoryBytes).toBeGreaterThan(outlinedBytes(first.outline, first.dtype) - 1.2e9);
  expect(fit.mostMemoryBytes).toBeLessThan(24e9);
  expect(fit.secondsPerToken).toBeGreaterThan(0.5);
});

test('a model larger than the memory is tight on one laptop, and fits two', () => {
  const alone = fitsHome(model, [offer('first', 10)]);
  expect(alone).toMatchObject({ fit: 'tight', laptops: 1 });
  expect(fitsHome(model, [offer('first', 10), offer('second', 10)])).toMatchObject({ fit: 'yes', laptops: 2 });
});

test('a laptop that offers next to nothing is told what is missing', () => {
  const fit = fitsHome(model, [offer('first', 0.3)]);
  expect(fit).toMatchObject({ fit: 'no', secondsPerToken: null, mostMemoryBytes: null, laptops: 0 });
  expect(spoken(fit.why)).toMatch(/Give Hearth .* more/);
});

test('every suggested model can be planned, and the larger its outline, the more it takes', () => {
  for (const { title, outline, dtype } of suggestedModels) {
    expect(fitsHome(plannedModel(sizedModel(title, outline, dtype), 2048, null), [offer('first', 200)]).fit, title).toBe('yes');
  }
  const bytes = suggestedModels.map(({ outline, dtype }) => outlinedBytes(outline, dtype));
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
});
