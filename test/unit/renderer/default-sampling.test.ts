import { expect, test } from 'vitest';
import { defaultChatSampling } from '../../../main/bridge-shapes/sampling.js';
import { defaultSampling } from '../../../renderer/settings/default-sampling.js';

test('a reset setting is what the app has for it from the start', () => {
  expect(defaultSampling).toEqual(defaultChatSampling);
});
