import type { GenerationTiming } from '../generate/generation.js';
import { Counter, Gauge, Histogram } from './metrics.js';
import type { RequestQueue } from './request-queue.js';

const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const tokenSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the server counts and measures. Nothing of what was asked or answered is in it. */
export class ServerMetrics {
  readonly requests = new Counter('hearth_requests_total', 'Requests answered, by route and HTTP status.');
  readonly cancelled = new Counter('hearth_requests_cancelled_total', 'Requests whose client went away before the end.');
  readonly promptTokens = new Counter('hearth_prompt_tokens_total', 'Tokens of prompts.');
  readonly cachedTokens = new Counter('hearth_cached_prompt_tokens_total', 'Tokens of prompts found in the KV cache.');
  readonly generatedTokens = new Counter('hearth_generated_tokens_total', 'Tokens generated.');
  readonly queued = new Histogram('hearth_queue_seconds', 'Time a request waited for its turn.', seconds);
  readonly firstToken = new Histogram(
    'hearth_time_to_first_token_seconds', 'Time from the beginning of a turn to its first token.', seconds,
  );
  readonly decode = new Histogram('hearth_decode_seconds_per_token', 'Time per token after the first, by answer.', tokenSeconds);
  readonly #gauges: readonly Gauge[];

  /** @param isReady whether the model can answer now */
  constructor(queue: RequestQueue, isReady: () => boolean) {
    this.#gauges = [
      new Gauge('hearth_model_ready', '1 while the model can answer, 0 while it is being loaded again.', () => Number(isReady())),
      new Gauge('hearth_queue_length', 'Requests waiting for their turn.', () => queue.waiting),
      new Gauge('hearth_requests_generating', 'Requests being answered now.', () => queue.running),
      new Gauge('process_resident_memory_bytes', 'Resident memory of the process.', () => process.memoryUsage.rss()),
      new Gauge('hearth_heap_used_bytes', 'Memory used by JavaScript objects.', () => process.memoryUsage().heapUsed),
    ];
  }

  /** An answer is over. */
  answered(timing: GenerationTiming): void {
    this.promptTokens.add(timing.promptTokens);
    this.cachedTokens.add(timing.cachedTokens);
    if (timing.tokens > 0) this.firstToken.observe(timing.ttftMs / 1000);
    if (timing.decodeTokPerS > 0) this.decode.observe(1 / timing.decodeTokPerS);
  }

  /** The text exposition format 0.0.4. */
  text(): string {
    const metrics = [
      this.requests, this.cancelled, this.promptTokens, this.cachedTokens, this.generatedTokens, this.queued,
      this.firstToken, this.decode, ...this.#gauges,
    ];
    return `${metrics.flatMap((metric) => metric.lines()).join('\n')}\n`;
  }
}
