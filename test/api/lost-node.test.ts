import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventually, goldenFolder, post } from './golden-server.js';
import { emptyHome, hearthServe } from './serve-process.js';

/** The local nodes of a serving master, by rank. */
function nodesOf(pid: number): Map<number, number> {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((text) => text !== '').map(Number);
  return new Map(pids.map((child) => {
    const words = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0');
    return [Number(words[words.indexOf('--rank') + 1]), child];
  }));
}

it.skipIf(process.platform !== 'linux')('tells a stream that its node is lost, says so in /health, lets others wait, and answers again', async () => {
  const serving = hearthServe(
    emptyHome(), '--model-path', goldenFolder(), '--port', '0', '--world-size', '3', '--threads', '1', '--kv-budget', '20MB',
  );
  try {
    const url = await serving.url;
    const health = (): Promise<Response> => fetch(url.replace('/v1', '/health'));
    expect((await health()).status).toBe(200);
    const { data: [model] } = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
    const ask = (change: object): object =>
      ({ model: model!.id, messages: [{ role: 'user', content: 'Tell me a story.' }], temperature: 0, max_tokens: 8, ...change });
    const before = await post(`${url}/chat/completions`, ask({}));
    expect(before.status).toBe(200);
    for (const victim of [1, 2]) {
      const stream = await fetch(`${url}/chat/completions`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(ask({ stream: true, max_tokens: 3000 })),
      });
      let text = '';
      let waiting: ReturnType<typeof post> | undefined;
      for await (const piece of stream.body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        if (waiting !== undefined || text.split('\n\n').length < 5) continue;
        waiting = post(`${url}/chat/completions`, ask({}));
        process.kill(nodesOf(serving.child.pid!).get(victim)!, 'SIGKILL');
      }
      const last = text.trimEnd().split('\n\n').at(-1)!;
      expect(JSON.parse(last.slice('data: '.length)), last).toEqual({
        error: { message: expect.stringContaining(`Node ${victim} was lost`), type: 'server_error', param: null, code: 'node_lost' },
      });
      const ill = await health();
      expect(ill.status).toBe(503);
      expect(await ill.json()).toEqual({ status: 'unavailable', reason: expect.stringContaining(`Node ${victim} was lost`) });
      // The one that came meanwhile gets its answer from the new world, as if nothing had been.
      const answered = await waiting!;
      expect(answered.json.choices[0].message.content).toBe(before.json.choices[0].message.content);
      await eventually(async () => expect((await health()).status).toBe(200));
      expect(nodesOf(serving.child.pid!).size).toBe(2);
    }
  } finally {
    serving.child.kill('SIGTERM');
  }
  expect((await serving.ended).code).toBe(0);
});

it.skipIf(process.platform !== 'linux')('can be stopped while it waits for its nodes', async () => {
  const serving = hearthServe(emptyHome(), '--model-path', goldenFolder(), '--port', '0', '--world-size', '2', '--threads', '1');
  const url = await serving.url;
  process.kill(nodesOf(serving.child.pid!).get(1)!, 'SIGKILL');
  await eventually(async () => expect((await fetch(url.replace('/v1', '/health'))).status).toBe(503));
  serving.child.kill('SIGTERM');
  expect((await serving.ended).code).toBe(0);
});
