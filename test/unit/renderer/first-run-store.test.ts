import { beforeEach, expect, test } from 'vitest';
import type { ModelView } from '../../../main/bridge-shapes/models.js';
import { defaultSettings } from '../../../main/bridge-shapes/settings.js';
import type { MainBridge } from '../../../renderer/bridge-client.js';
import { createFirstRunStore, largestFitting, type FirstRunStore } from '../../../renderer/stores/first-run-store.js';

const row = (id: string, changes: Partial<ModelView> = {}): ModelView => ({
  id, title: id, source: 'suggested', path: null, totalBytes: 1e9, presentBytes: 0, diskBytes: 0, dtype: null, licence: 'MIT', activity: null,
  problem: null, inUse: false, fit: { fit: 'yes', secondsPerToken: 0.1, mostMemoryBytes: 1e9, laptops: 1, why: [] }, ...changes,
});
const guide = row('guide', { source: 'guide', path: '/guide', inUse: true, totalBytes: 1e7 });
const here = row('owner/model', { source: 'cache', path: '/models/owner--model' });

let calls: [string, unknown][];
let store: FirstRunStore;
let failures: unknown[];
beforeEach(() => {
  calls = [];
  failures = [];
  const bridge: MainBridge = {
    call: (name, payload) => {
      calls.push([name, payload]);
      const machine = { name: 'laptop', memoryBytes: 16e9, cores: 4, modelsFolder: '/m', chatsFolder: '/c', updates: false };
      const reply = name === 'machine' ? machine : name === 'models' ? [guide, here, row('other/model')] : null;
      return name === 'homeCommand' ? Promise.reject(new Error('no home yet')) : Promise.resolve(reply as never);
    },
    hear: () => () => undefined,
  };
  store = createFirstRunStore(bridge, (work) => setImmediate(work), (error) => failures.push(error));
});

const state = () => store.getState();
const begun = async (): Promise<void> => {
  await state().begin();
  await expect.poll(() => state().models).not.toBeNull();
  calls.length = 0;
};

test('the button alone changes nothing but that the first run is over', async () => {
  await begun();
  await state().start(defaultSettings.sharing);
  expect(calls).toEqual([['changeSettings', { welcomed: true, sharing: defaultSettings.sharing }]]);
});

test('it can be pressed before anything is known', async () => {
  await state().start(defaultSettings.sharing);
  expect(calls).toEqual([['changeSettings', { welcomed: true, sharing: defaultSettings.sharing }]]);
});

test('a model that is here is used; one that is not is fetched and then used', async () => {
  await begun();
  state().choose('owner/model');
  await state().start(defaultSettings.sharing);
  expect(calls).toEqual([['changeSettings', { welcomed: true, sharing: defaultSettings.sharing, model: '/models/owner--model' }]]);
  calls.length = 0;
  state().choose('other/model');
  await state().start(defaultSettings.sharing);
  expect(calls).toEqual([
    ['changeSettings', { welcomed: true, sharing: defaultSettings.sharing }], ['pullModel', { id: 'other/model', use: true }],
  ]);
});

test('more memory asks anew what fits and is kept; a name that the home cannot take yet is told of, and the start goes on', async () => {
  await begun();
  state().setMemory(8e9 + 0.4);
  await expect.poll(() => calls).toEqual([['models', { memoryBytes: 8e9 }]]);
  state().setName(' Kitchen ');
  await state().start({ ...defaultSettings.sharing, onBattery: true });
  expect(calls.slice(1)).toEqual([
    ['changeSettings', { welcomed: true, sharing: { ...defaultSettings.sharing, onBattery: true, memoryBytes: 8e9 } }],
    ['homeCommand', { kind: 'rename', deviceId: null, name: 'Kitchen' }],
  ]);
  await expect.poll(() => failures).toHaveLength(1);
  expect(state().isStarting).toBe(false);
});

test('what memory allows is told by the largest model that stays in it as a whole', () => {
  const tight = row('huge', { totalBytes: 9e9, fit: { fit: 'tight', secondsPerToken: 3, mostMemoryBytes: 1, laptops: 1, why: [] } });
  expect(largestFitting([guide, row('small'), row('large', { totalBytes: 5e9 }), tight])?.id).toBe('large');
  expect(largestFitting([guide, tight])).toBeNull();
});
