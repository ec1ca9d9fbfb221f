import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { InterruptedError } from '../../engine/errors.js';
import type { Prompt } from '../../engine/generate/prompt.js';
import type { Sampling } from '../../engine/generate/sampler.js';
import { HomeNode, type AnswerEvent } from '../../engine/home-node.js';
import { requestOf } from '../../engine/home-node/asked-pieces.js';
import { askedShape } from '../../engine/wire/asked.js';
import { endProgress } from '../progress-line.js';
import { RunningNode } from '../node-socket/socket-client.js';
import { homeNodeOptions, type HomeFlags } from './home-flags.js';
import { StreamedAnswer } from './streamed-answer.js';

export interface HomeQuestion {
  readonly prompt: Prompt;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/**
 * `hearth run --home`: asks the home through the node that runs on this laptop; where none does, this process is one for the
 * time of the answer. What came before a failure stays written.
 */
export async function askHome(question: HomeQuestion, flags: HomeFlags & { json?: true }, signal: AbortSignal): Promise<void> {
  const asked = askedShape.parse({ ...question, stop: [...question.stop] });
  const running = await RunningNode.find(hearthHome());
  if (running !== null) return write(running.ask(asked, signal), flags, signal);
  const node = await HomeNode.open(await homeNodeOptions(flags, say));
  try {
    await write(node.ask(requestOf(asked), signal), flags, signal);
  } finally {
    await node.stop();
  }
}

async function write(events: AsyncIterable<AnswerEvent>, flags: { json?: true }, signal: AbortSignal): Promise<void> {
  const answer = new StreamedAnswer();
  const pauses: { name: string; seconds: number | null }[] = [];
  try {
    for await (const event of events) {
      if (event.kind === 'queued') {
        say(event.place === 1 ? 'Another answer is before this one.' : `${event.place} answers are before this one.`);
      } else if (event.kind === 'paused') {
        pauses.push({ name: event.name, seconds: null });
        say(`${event.name} was lost: ${event.reason} The answer goes on as soon as the others have its part.`);
      } else if (event.kind === 'resumed') {
        const last = pauses.at(-1);
        if (last !== undefined) last.seconds = event.seconds;
        say(`It goes on, after ${event.seconds.toFixed(1)} s.`);
      } else {
        answer.hear(event);
      }
    }
  } finally {
    answer.endLine();
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify(reportOf(answer, pauses))}\n`);
  if (signal.aborted) throw new InterruptedError('Stopped; the answer above is incomplete.');
}

function reportOf(answer: StreamedAnswer, pauses: readonly { name: string; seconds: number | null }[]): object {
  const timing = answer.end?.timing;
  return {
    text: answer.text, tokens: answer.tokens, finish_reason: answer.end?.reason ?? 'aborted',
    prompt_tokens: timing?.promptTokens ?? 0, ttft_ms: timing?.ttftMs ?? 0,
    decode_tok_per_s: timing?.decodeTokPerS ?? 0, prefill_tok_per_s: timing?.prefillTokPerS ?? 0, pauses,
  };
}

function say(line: string): void {
  endProgress();
  process.stderr.write(`${line}\n`);
}
