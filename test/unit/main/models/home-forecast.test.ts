import { expect, test } from 'vitest';
import type { Offer } from '../../../../engine/cluster/plan.js';
import type { HeldWeights } from '../../../../engine/memory/window-choice.js';
import { spoken } from '../../../../engine/saying.js';
import { forecastHome } from '../../../../main/models/home-forecast.js';
import { plannedModel, sizedModel } from '../../../../main/models/sized-model.js';
import { suggestedModels } from '../../../../main/models/suggested-models.js';

const offer = (name: string, gigabytes: number): Offer => ({
  deviceId: name, name,
  capacity: {
    memoryBytes: gigabytes * 1e9, processBytes: 80e6, cores: 4, diskBytesPerSecond: 2e9,
    productBytesPerSecond: { f32: 20e9, bf16: 20e9, f16: 20e9, q8_0: 20e9, q4_0: 20e9 },
  },
  link: name === 'first' ? null : { roundTripSeconds: 0.001, bytesPerSecond: 50e6 },
});
const small = suggestedModels[0]!;
const model = (held: HeldWeights | null) => plannedModel(sizedModel(small.title, small.outline, small.dtype), 2048, held);
const home = [offer('first', 4), offer('second', 4)];

test('says what each laptop would need, and which of them this one is', () => {
  const told = forecastHome(model(null), home, 'first');
  expect(told).toMatchObject({ model: 'SmolLM2 135M', leader: null, fit: { fit: 'yes' } });
  expect(told.laptops[0]).toMatchObject({ name: 'first', isSelf: true });
  expect(told.laptops.length).toBe(told.fit.laptops);
  expect(Math.max(...told.laptops.map(({ bytes }) => bytes))).toBe(told.fit.mostMemoryBytes);
});

test('names the laptop that leads where it is another', () => {
  expect(forecastHome(model(null), home, 'second').leader).toBe('first');
});

test('a wider window needs more, and from the widest on everything is held', () => {
  const alone = [offer('first', 4)];
  const { mostBlocks } = forecastHome(model(null), alone, 'first');
  const needed = (blocks: number) => forecastHome(model({ kind: 'window', blocks }), alone, 'first');
  expect(needed(2).fit).toMatchObject({ fit: 'tight' });
  expect(needed(mostBlocks - 1).laptops[0]!.bytes).toBeGreaterThan(needed(2).laptops[0]!.bytes);
  expect(needed(mostBlocks + 1).fit.fit).toBe('yes');
  expect(needed(mostBlocks + 1).laptops).toEqual(forecastHome(model({ kind: 'off' }), alone, 'first').laptops);
});

test('what does not fit is told with what is missing', () => {
  const told = forecastHome(model({ kind: 'off' }), [offer('first', 0.2)], 'first');
  expect(told).toMatchObject({ laptops: [], fit: { fit: 'no' } });
  expect(spoken(told.fit.why)).toMatch(/Give Hearth/);
});
