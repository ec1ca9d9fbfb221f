import { InterruptedError } from '../errors.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { TokenTextStream } from '../tokenizer/token-text-stream.js';
import type { LogitRule } from './logit-rule.js';
import { Sampler, type Sampling } from './sampler.js';
import { StopRules, type FinishReason } from './stop-rules.js';
import { logprobsOf, type TokenLogprobs } from './token-logprobs.js';

/** One pass through the model: runs tokens at a position and leaves the logits of the last one in `logits` (vocab). */
export interface TokenPasses {
  readonly logits: Float32Array;
  /** Most tokens of one pass. */
  readonly tokensPerPass: number;
  pass(tokens: readonly number[], position: number, logitRows: number): Promise<void>;
}

export interface GenerationRequest {
  prompt: readonly number[];
  /** How many of the prompt's first tokens the KV cache already holds. */
  cachedTokens: number;
  sampling: Sampling;
  maxTokens: number;
  stop: readonly string[];
  /** Positions there is room for. */
  maxPositions: number;
  /** Goes on past end-of-turn tokens. */
  ignoreEnd: boolean;
  /** Applied to the logits before each token is chosen. */
  rules?: readonly LogitRule[];
  /** Also tells each token's probability, and those of this many best tokens. */
  topLogprobs?: number;
}

export type EndReason = FinishReason | 'aborted';

export type GenerationEvent =
  /** The prompt is being read. */
  | { kind: 'prefill'; done: number; total: number }
  /** One more token; `text` may be empty while a character is incomplete or a stop string may be starting. */
  | { kind: 'token'; token: number; text: string; margin: number; logprobs?: TokenLogprobs }
  | { kind: 'end'; reason: EndReason; text: string; timing: GenerationTiming };

export interface GenerationTiming {
  promptTokens: number;
  cachedTokens: number;
  /** Tokens generated, a closing end-of-turn token included. */
  tokens: number;
  /** From the request to the first token (ms). */
  ttftMs: number;
  prefillTokPerS: number;
  /** Over the tokens after the first; 0 with fewer than two. */
  decodeTokPerS: number;
}

/** Prompt in, events out. Ends after the current pass when `signal` aborts. */
export async function* generate(
  model: TokenPasses, tokenizer: Tokenizer, request: GenerationRequest, signal?: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const { prompt, sampling } = request;
  const sampler = new Sampler(model.logits.length, sampling);
  const stream = new TokenTextStream(tokenizer);
  const rules = new StopRules(
    {
      endTokens: request.ignoreEnd ? [] : tokenizer.endTokens, stopStrings: request.stop,
      maxTokens: request.maxTokens, maxPositions: request.maxPositions,
    },
    prompt.length,
  );
  const context = [...prompt];
  const clock = new Clock(prompt.length - request.cachedTokens, prompt.length, request.cachedTokens);

  for (let done = request.cachedTokens; done < prompt.length; ) {
    if (signal?.aborted === true) return yield clock.end('aborted', '');
    const chunk = prompt.slice(done, done + model.tokensPerPass);
    const last = done + chunk.length === prompt.length;
    if (await stoppedIn(model.pass(chunk, done, last ? 1 : 0), signal)) return yield clock.end('aborted', '');
    done += chunk.length;
    yield { kind: 'prefill', done, total: prompt.length };
  }
  for (;;) {
    const raw = request.topLogprobs === undefined ? null : model.logits.slice();
    for (const rule of request.rules ?? []) rule.apply(model.logits);
    const { token, margin } = sampler.sample(model.logits, context.length, context);
    for (const rule of request.rules ?? []) rule.accept(token);
    clock.token();
    const ended = rules.isEnd(token);
    const verdict = rules.accept(token, ended ? '' : stream.push(token));
    const logprobs = raw === null ? {} : { logprobs: logprobsOf(raw, token, request.topLogprobs ?? 0) };
    yield { kind: 'token', token, text: verdict.text, margin, ...logprobs };
    if (verdict.finish !== null) {
      return yield clock.end(verdict.finish, rules.flush(ended ? '' : stream.flush()));
    }
    if (signal?.aborted === true) return yield clock.end('aborted', rules.flush(stream.flush()));
    context.push(token);
    if (await stoppedIn(model.pass([token], context.length - 1, 1), signal)) {
      return yield clock.end('aborted', rules.flush(stream.flush()));
    }
  }
}

/** Whether the person stopped the answer while a pass had to wait, e.g. for another laptop to take over. */
async function stoppedIn(pass: Promise<void>, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await pass;
    return false;
  } catch (error) {
    if (error instanceof InterruptedError && signal?.aborted === true) return true;
    throw error;
  }
}

/** Times of one generation. */
class Clock {
  readonly #start = performance.now();
  #first = 0;
  #last = 0;
  #tokens = 0;

  constructor(
    private readonly prefilled: number,
    private readonly promptTokens: number,
    private readonly cachedTokens: number,
  ) {}

  token(): void {
    this.#last = performance.now();
    if (this.#tokens === 0) this.#first = this.#last;
    this.#tokens += 1;
  }

  end(reason: EndReason, text: string): GenerationEvent {
    const ttftMs = this.#tokens > 0 ? this.#first - this.#start : 0;
    const decodeMs = this.#last - this.#first;
    return {
      kind: 'end',
      reason,
      text,
      timing: {
        promptTokens: this.promptTokens,
        cachedTokens: this.cachedTokens,
        tokens: this.#tokens,
        ttftMs,
        prefillTokPerS: ttftMs > 0 ? (this.prefilled / ttftMs) * 1000 : 0,
        decodeTokPerS: decodeMs > 0 ? ((this.#tokens - 1) / decodeMs) * 1000 : 0,
      },
    };
  }
}
