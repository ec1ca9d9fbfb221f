import type { TextModel } from '../../engine/generate/text-model.js';
import type { Dtype } from '../../engine/formats/dtype.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import type { OnProgress } from '../../engine/report/progress.js';
import { measureHearth, type Speed } from './hearth-speed.js';
import { LlamaCppPeer } from './llama-cpp-peer.js';
import { median } from './median.js';
import { somePrompt } from './some-prompt.js';

/** One line of the comparison, as `--json` prints it. */
export interface BenchRow {
  model: string;
  dtype: string;
  prefill_tok_per_s: number;
  decode_tok_per_s: number;
  /** Over the layers' matrices. */
  prefill_gflops: number;
  /** Weight bytes read per second while decoding, as a share of the read bandwidth measured in this run. */
  bandwidth_share: number;
  /** Null where the peer was not asked for or cannot load the same weights. */
  peer: { name: string; version: string; prefill_tok_per_s: number; decode_tok_per_s: number } | null;
}

export interface RowRequest {
  text: TextModel;
  /** Convert on load; null measures the weights as they are stored. */
  dtype: Dtype | null;
  threads: number;
  promptTokens: number;
  decodeTokens: number;
  rounds: number;
  /** Bytes per second. */
  readBandwidth: number;
  /** The GGUF file llama.cpp loads; null where it cannot load the same weights. */
  peerFile: string | null;
  onProgress?: OnProgress;
  signal: AbortSignal;
}

/**
 * Measures one model in one type: both sides are loaded, in processes of their own, and take turns, so that whatever else
 * the machine does falls on both alike. Medians of `rounds` after a round that warms up.
 */
export async function measureRow(request: RowRequest): Promise<BenchRow> {
  const { text, dtype, threads, promptTokens, decodeTokens } = request;
  const contextTokens = promptTokens + decodeTokens + 1;
  const model = await LoadedModel.load(text, { dtype, threads, contextTokens, kvDtype: 'f16' }, request.onProgress);
  const peer = request.peerFile === null ? null : await LlamaCppPeer.start({
    ggufPath: request.peerFile, threads, contextSize: contextTokens, batchSize: promptTokens,
  });
  try {
    const prompt = somePrompt(promptTokens, text.opened.config.vocab);
    const own: Speed[] = [];
    const others: Speed[] = [];
    for (let round = 0; round <= request.rounds; round++) {
      request.signal.throwIfAborted();
      const hearth = await measureHearth(model, prompt, decodeTokens);
      const other = await peer?.measure(prompt, decodeTokens);
      if (round === 0) continue;
      own.push(hearth);
      if (other !== undefined) others.push(other);
    }
    return rowOf(request, model, own, peer, others);
  } finally {
    await peer?.close();
    await model.close();
  }
}

function rowOf(
  request: RowRequest, model: LoadedModel, own: readonly Speed[], peer: LlamaCppPeer | null, others: readonly Speed[],
): BenchRow {
  const footprint = model.weightFootprint();
  const prefill = median(own.map((speed) => speed.prefillTokPerS));
  const decode = median(own.map((speed) => speed.decodeTokPerS));
  return {
    model: request.text.opened.name,
    dtype: model.storedDtype(),
    prefill_tok_per_s: prefill,
    decode_tok_per_s: decode,
    prefill_gflops: (2 * footprint.layerMultiplyAdds * prefill) / 1e9,
    bandwidth_share: (footprint.bytes * decode) / request.readBandwidth,
    peer: peer === null ? null : {
      name: peer.name,
      version: peer.version,
      prefill_tok_per_s: median(others.map((speed) => speed.prefillTokPerS)),
      decode_tok_per_s: median(others.map((speed) => speed.decodeTokPerS)),
    },
  };
}
