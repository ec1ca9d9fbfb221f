import type { LoadedModel } from '../../engine/loaded-model.js';

/** One measurement of one side. */
export interface Speed {
  prefillTokPerS: number;
  decodeTokPerS: number;
}

/**
 * Prefills `prompt` in one go, then decodes `decodeTokens` greedily; nothing is taken from the KV cache of a round before,
 * unless it is to be kept.
 */
export async function measureHearth(
  model: LoadedModel, prompt: readonly number[], decodeTokens: number, { keepContext = false } = {},
): Promise<Speed> {
  if (!keepContext) model.forgetContext();
  const request = {
    prompt: { kind: 'tokens' as const, tokens: prompt },
    sampling: { temperature: 0 },
    maxTokens: decodeTokens + 1,
    ignoreEnd: true,
  };
  for await (const event of model.generate(request)) {
    if (event.kind === 'end') {
      return { prefillTokPerS: event.timing.prefillTokPerS, decodeTokPerS: event.timing.decodeTokPerS };
    }
  }
  throw new Error('an answer always ends');
}
