import { expect, test } from 'vitest';
import { defaultChatSampling } from '../../../main/bridge-shapes/sampling.js';
import { defaultSettings } from '../../../main/bridge-shapes/settings.js';
import { defaultApiPort, defaultContextTokens, defaultSampling } from '../../../renderer/settings/default-choices.js';

test('a reset setting is what the app has for it from the start', () => {
  expect(defaultSampling).toEqual(defaultChatSampling);
  expect(defaultContextTokens).toBe(defaultSettings.contextTokens);
  expect(defaultApiPort).toBe(defaultSettings.api.port);
});
