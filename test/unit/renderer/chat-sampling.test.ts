import { expect, test } from 'vitest';
import { defaultChatSampling } from '../../../main/bridge-shapes/sampling.js';
import { chatSampling, ownSampling } from '../../../renderer/chat/chat-sampling.js';

const common = { ...defaultChatSampling, seed: 5, prefix: '' };

test('a chat samples as the app does but for what it sets itself, a seed of none included', () => {
  expect(chatSampling(common, {})).toEqual(common);
  expect(chatSampling(common, { seed: null, topK: 3, prefix: 'Q: ' })).toEqual({ ...common, seed: null, topK: 3, prefix: 'Q: ' });
  expect(chatSampling(defaultChatSampling, { prefix: 'Q: ' }), 'only what is asked for').toEqual(defaultChatSampling);
});

test('what is as the app has it is not set, so that it goes on following the app', () => {
  const own = ownSampling(common, { topK: 3 }, { temperature: 0, seed: null });
  expect(own).toEqual({ topK: 3, temperature: 0, seed: null });
  expect(ownSampling(common, own, { topK: common.topK, seed: 5 })).toEqual({ temperature: 0 });
});
