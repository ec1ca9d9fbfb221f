import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findModel } from '../../engine/catalogue/model-cache.js';

/** The real chat model in the model cache, or why tests that need it are skipped. */
export async function smollm2Path(): Promise<string | null> {
  try {
    return await findModel('SmolLM2-135M-Instruct');
  } catch {
    return null;
  }
}

export const smollm2Missing = 'SmolLM2 is not in the model cache: run `npm run model:smollm2`';

export interface SmolLm2Golden {
  kind: 'raw' | 'chat';
  text: string;
  prompt: number[];
  greedy: number[];
}

/** What `transformers` answers with the same weights widened to F32 (see test/golden/README.md). */
export function smollm2Golden(): SmolLm2Golden[] {
  const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'golden', 'smollm2.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { prompts: SmolLm2Golden[] }).prompts;
}
