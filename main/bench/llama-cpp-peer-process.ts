import { getLlama, type LlamaContextSequence, type Token } from 'node-llama-cpp';
import type { FromPeer, ToPeer } from './llama-cpp-peer-messages.js';

/** Entry of the process in which llama.cpp is measured, so that its memory and threads are not Hearth's. */
let sequence: LlamaContextSequence | null = null;

/** `load` with the prebuilt binary for processors: nothing is compiled or fetched. */
async function load(message: ToPeer & { type: 'load' }): Promise<FromPeer> {
  const { ggufPath, threads, contextSize, batchSize } = message;
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false, maxThreads: threads });
  const model = await llama.loadModel({ modelPath: ggufPath, gpuLayers: 0 });
  const context = await model.createContext({ contextSize, batchSize, sequences: 1, threads: { ideal: threads, min: threads } });
  sequence = context.getSequence();
  const instructionSets = [...llama.systemInfo.matchAll(/(\w+) = 1/g)].map((match) => match[1] ?? '');
  return { type: 'loaded', threads: context.currentThreads, instructionSets };
}

/**
 * Prefills the prompt, then decodes greedily. The first token ends the prefill and is not counted as decoded, as on
 * Hearth's side. With temperature 0 its sampler is one pass for the largest logit.
 */
async function measure(message: ToPeer & { type: 'measure' }): Promise<FromPeer> {
  if (sequence === null) throw new Error('measure came before load');
  await sequence.clearHistory();
  const answer = sequence.evaluate(message.prompt as Token[], { temperature: 0, yieldEogToken: true });
  const begin = performance.now();
  await nextToken(answer);
  const firstToken = performance.now();
  for (let tokens = 0; tokens < message.decodeTokens; tokens++) await nextToken(answer);
  const end = performance.now();
  await answer.return();
  return { type: 'measured', prefillSeconds: (firstToken - begin) / 1000, decodeSeconds: (end - firstToken) / 1000 };
}

async function nextToken(answer: AsyncGenerator<Token, unknown>): Promise<void> {
  if ((await answer.next()).done === true) throw new Error('llama.cpp ended its answer early');
}

process.on('message', (message: ToPeer) => {
  (message.type === 'load' ? load(message) : measure(message))
    .catch((error: unknown): FromPeer => ({ type: 'failed', sentence: error instanceof Error ? error.message : String(error) }))
    .then((answer) => process.send?.(answer))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});
process.on('disconnect', () => process.exit(0));
