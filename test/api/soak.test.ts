import { expect, it } from 'vitest';
import { uniformAt } from '../../engine/generate/seeded-random.js';
import { goldenFolder, metric, post } from './golden-server.js';
import { emptyHome, measuredServe } from './serve-process.js';

const clients = 50;
const seconds = Number(process.env['HEARTH_SOAK_SECONDS'] ?? 20);
const warmUpSeconds = 10;
/** Until so many streams have come and gone, code is compiled and memory taken that stays; how long that takes depends on the machine. */
const warmUpStreams = 800;
const seed = Number(process.env['HEARTH_SEED'] ?? 11);
const patienceMs = 60_000;
const prompts = Array.from({ length: 12 }, (_, index) => `Chat ${index}: ${'tell me more, '.repeat(index)}please.`);

interface Counts {
  whole: number;
  cancelled: number;
}

it(`keeps its memory and every stream right with ${clients} clients that come and go for ${seconds} s`, async () => {
  const serving = measuredServe(emptyHome(), '--model-path', goldenFolder(), '--port', '0', '--max-queue', '200');
  try {
    const url = await serving.url;
    const { data: [model] } = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
    const ask = (prompt: string, stream: boolean): object => ({
      model: model!.id, messages: [{ role: 'user', content: prompt }], temperature: 0, max_tokens: 40, stream,
    });
    const expected = new Map<string, string>();
    for (const prompt of prompts) {
      expected.set(prompt, (await post(`${url}/chat/completions`, ask(prompt, false))).json.choices[0].message.content as string);
    }
    const load = async (forSeconds: number, round: number, atLeast = 0): Promise<Counts> => {
      const end = performance.now() + forSeconds * 1000;
      const counts = { whole: 0, cancelled: 0 };
      await Promise.all(Array.from({ length: clients }, async (_, client) => {
        for (let turn = 0; performance.now() < end || counts.whole + counts.cancelled < atLeast; turn++) {
          const random = (lane: number): number => uniformAt(seed + round, client * 100_000 + turn, lane);
          const prompt = prompts[Math.floor(random(0) * prompts.length)]!;
          const givesUpAfter = random(1) < 0.4 ? Math.floor(random(2) * 20) : Infinity;
          const text = await streamed(`${url}/chat/completions`, ask(prompt, true), givesUpAfter, random(3) * 100);
          const right = text.whole ? text.text === expected.get(prompt) : expected.get(prompt)!.startsWith(text.text);
          if (!right) throw new Error(`seed ${seed}: wrong stream ${JSON.stringify(text)} for ${JSON.stringify(prompt)}`);
          counts[text.whole ? 'whole' : 'cancelled'] += 1;
        }
      }));
      return counts;
    };
    await load(warmUpSeconds, 0, warmUpStreams);
    const before = await quietMemory(url);
    const { whole, cancelled } = await load(seconds, 1);
    const after = await quietMemory(url);
    process.stdout.write(`${whole} streams whole, ${cancelled} cancelled; memory ${before} before, ${after} after\n`);
    expect(whole).toBeGreaterThan(clients);
    expect(cancelled).toBeGreaterThan(clients);
    expect(after).toBeLessThanOrEqual(before * 1.05);
  } finally {
    serving.child.kill('SIGTERM');
  }
  expect(await serving.ended).toMatchObject({ code: 0 });
});

/** Reads a stream to its end, or gives it up after some pieces or some time, whichever a client is impatient for. */
async function streamed(url: string, body: object, mostPieces: number, waitMs: number): Promise<{ text: string; whole: boolean }> {
  const giveUp = new AbortController();
  const hang = AbortSignal.timeout(patienceMs);
  const impatience = mostPieces === 0 ? setTimeout(() => giveUp.abort(), waitMs) : undefined;
  let text = '';
  let pieces = 0;
  try {
    const response = await fetch(url, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
      signal: AbortSignal.any([giveUp.signal, hang]),
    });
    let pending = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = (pending + piece).split('\n\n');
      pending = events.pop()!;
      for (const event of events.filter((one) => one.startsWith('data: '))) {
        if (event === 'data: [DONE]') return { text, whole: true };
        text += (JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]!.delta.content ?? '';
        pieces += 1;
      }
      if (pieces > mostPieces) giveUp.abort();
    }
    throw new Error(`a stream ended early: ${response.status} ${text}`);
  } catch (error) {
    if (hang.aborted) throw new Error(`a request hung for ${patienceMs} ms`, { cause: error });
    if (!giveUp.signal.aborted) throw error;
    return { text, whole: false };
  } finally {
    clearTimeout(impatience);
  }
}

/** Resident bytes once nothing is generated any more: the middle one of several looks. */
async function quietMemory(url: string): Promise<number> {
  const looks: number[] = [];
  while (looks.length < 15) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    if ((await metric(url, 'hearth_requests_generating')) > 0) looks.length = 0;
    else looks.push(await metric(url, 'process_resident_memory_bytes'));
  }
  return looks.sort((a, b) => a - b)[7]!;
}
