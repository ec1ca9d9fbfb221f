import type { TokenLogprobs } from '../generate/token-logprobs.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** The API has no minus infinity; this is what it writes for what cannot come. */
const least = -9999;

/** One entry of a chat choice's `logprobs.content`. */
export interface ChatLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs: Omit<ChatLogprob, 'top_logprobs'>[];
}

export function chatLogprob(tokenizer: Tokenizer, token: number, { logprob, top }: TokenLogprobs): ChatLogprob {
  return {
    ...spelled(tokenizer, token, logprob),
    top_logprobs: top.map((one) => spelled(tokenizer, one.token, one.logprob)),
  };
}

function spelled(tokenizer: Tokenizer, token: number, logprob: number): Omit<ChatLogprob, 'top_logprobs'> {
  const bytes = tokenizer.tokenBytes(token);
  return { token: textOf(bytes), logprob: Math.max(least, logprob), bytes: [...bytes] };
}

/** `logprobs` of a plain completion: parallel lists. */
export interface CompletionLogprobs {
  tokens: string[];
  token_logprobs: number[];
  top_logprobs: Record<string, number>[];
  text_offset: number[];
}

/** Adds one token to the lists; `offset` is where its text begins. */
export function addCompletionLogprob(
  lists: CompletionLogprobs, tokenizer: Tokenizer, token: number, { logprob, top }: TokenLogprobs, offset: number,
): void {
  lists.tokens.push(textOf(tokenizer.tokenBytes(token)));
  lists.token_logprobs.push(Math.max(least, logprob));
  lists.top_logprobs.push(
    Object.fromEntries(top.map((one) => [textOf(tokenizer.tokenBytes(one.token)), Math.max(least, one.logprob)])),
  );
  lists.text_offset.push(offset);
}

export function noCompletionLogprobs(): CompletionLogprobs {
  return { tokens: [], token_logprobs: [], top_logprobs: [], text_offset: [] };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
