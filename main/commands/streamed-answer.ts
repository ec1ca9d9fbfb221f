import type { GenerationEvent } from '../../engine/generate/generation.js';
import type { LoadedModel } from '../../engine/loaded-model.js';
import type { RunReport } from '../../engine/report/run-report.js';
import type { RunFlags } from './run-options.js';

/** Writes the answer as it comes and keeps what the report needs. */
export class StreamedAnswer {
  readonly tokens: number[] = [];
  text = '';
  end: (GenerationEvent & { kind: 'end' }) | null = null;

  hear(event: GenerationEvent): void {
    if (event.kind === 'prefill') return;
    if (event.kind === 'token') this.tokens.push(event.token);
    else this.end = event;
    this.text += event.text;
    process.stdout.write(event.text);
  }

  endLine(): void {
    if (!this.text.endsWith('\n')) process.stdout.write('\n');
  }
}

/** The report that `--json` prints. */
export async function reportOf(model: LoadedModel, flags: RunFlags, answer: StreamedAnswer): Promise<RunReport> {
  const { nodes, shard } = await model.report();
  const timing = answer.end?.timing;
  const perPass = (ms: number): number => (shard.passes === 0 ? 0 : ms / shard.passes);
  return {
    model: model.text.opened.name,
    dtype: flags.dtype ?? model.storedDtype(),
    conversions: model.conversions(),
    world_size: nodes.length,
    memory_window: model.memoryWindow,
    prompt_tokens: timing?.promptTokens ?? 0,
    tokens: answer.tokens,
    text: answer.text,
    finish_reason: answer.end?.reason ?? 'aborted',
    ttft_ms: timing?.ttftMs ?? 0,
    decode_tok_per_s: timing?.decodeTokPerS ?? 0,
    prefill_tok_per_s: timing?.prefillTokPerS ?? 0,
    ms_per_token: {
      compute: perPass(shard.computeMs),
      allreduce: perPass(shard.allReduceWaitMs + shard.allReduceWireMs),
      weight_wait: perPass(shard.weightWaitMs),
    },
    nodes,
  };
}
