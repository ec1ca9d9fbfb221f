import { expect, it } from 'vitest';
import { goldenFolder, post, startGolden } from './golden-server.js';
import { emptyHome, hearthServe } from './serve-process.js';

interface Answer {
  text: string;
  prompt: number;
  cached: number;
}

/** Asks a chat and hears the best tokens, how many tokens the prompt had, and how many of them were re-used. */
async function ask(url: string, modelId: string, messages: readonly object[]): Promise<Answer> {
  const { status, json } = await post(`${url}/chat/completions`, { model: modelId, messages, temperature: 0, max_tokens: 12 });
  expect(status, JSON.stringify(json)).toBe(200);
  const { prompt_tokens: prompt, prompt_tokens_details: details } = json.usage;
  return { text: json.choices[0].message.content, prompt, cached: details.cached_tokens };
}

const system = { role: 'system', content: 'You live in a laptop, and you answer in few words. Be kind to whoever asks you.' };

/** Chats of several turns, one turn of each after the other; answers of a fresh server are what is right. */
async function takeTurns(url: string, modelId: string, topics: readonly string[], turns: number): Promise<Answer[][]> {
  const chats = topics.map((topic) => ({ messages: [system, { role: 'user', content: `Tell me of ${topic}.` }], answers: [] as Answer[] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const { messages, answers } of chats) {
      const answer = await ask(url, modelId, messages);
      answers.push(answer);
      messages.push({ role: 'assistant', content: answer.text }, { role: 'user', content: `More, please: ${turn}.` });
    }
  }
  return chats.map(({ answers }) => answers);
}

/** Every turn but the first finds the whole prompt of the one before, and a second chat finds the system prompt. */
function expectReuse(chats: readonly Answer[][]): void {
  for (const [index, answers] of chats.entries()) {
    for (const [turn, { cached, prompt }] of answers.entries()) {
      if (turn > 0) expect(cached, `chat ${index}, turn ${turn}`).toBeGreaterThanOrEqual(answers[turn - 1]!.prompt);
      else if (index > 0) expect(cached).toBeGreaterThan(15);
      expect(cached).toBeLessThan(prompt);
    }
  }
}

const texts = (chats: readonly Answer[][]): string[][] => chats.map((answers) => answers.map((answer) => answer.text));

it('lets chats that take turns re-use their beginnings, and a system prompt be read once for all', async () => {
  const [alone, shared] = [await startGolden(), await startGolden({ contexts: 3 })];
  try {
    const topics = ['cats', 'dogs', 'birds'];
    const chats = await takeTurns(shared.url, shared.modelId, topics, 3);
    expectReuse(chats);
    const right: string[][] = [];
    for (const topic of topics) {
      alone.model.forgetContext();
      right.push(...texts(await takeTurns(alone.url, alone.modelId, [topic], 3)));
    }
    expect(texts(chats)).toEqual(right);
    // With one context only, the others' turns have written over each chat's own.
    alone.model.forgetContext();
    const crowded = await takeTurns(alone.url, alone.modelId, topics, 2);
    expect(crowded[0]![1]!.cached).toBeLessThan(crowded[0]![0]!.prompt);
  } finally {
    await alone.close();
    await shared.close();
  }
});

it('gives up the chat that was longest unused when there are more than contexts, and answers it rightly again', async () => {
  const golden = await startGolden({ contexts: 2 });
  try {
    const first = [{ role: 'user', content: 'The first of three chats.' }];
    const again = [{ role: 'user', content: 'Second come, second served.' }];
    const third = [{ role: 'user', content: 'Thirdly and lastly.' }];
    const { text, prompt } = await ask(golden.url, golden.modelId, first);
    const kept = await ask(golden.url, golden.modelId, again);
    expect((await ask(golden.url, golden.modelId, first)).cached).toBe(prompt - 1);
    await ask(golden.url, golden.modelId, third);
    expect((await ask(golden.url, golden.modelId, first)).cached).toBe(prompt - 1);
    const back = await ask(golden.url, golden.modelId, again);
    expect(back.cached).toBeLessThan(kept.prompt - 1);
    expect(back.text).toBe(kept.text);
    expect((await ask(golden.url, golden.modelId, first)).text).toBe(text);
  } finally {
    await golden.close();
  }
});

it.each(['star', 'ring'])('uses the same context on every node of a %s', async (collective) => {
  const serving = hearthServe(
    emptyHome(), '--model-path', goldenFolder(), '--port', '0', '--world-size', '3', '--collective', collective, '--kv-budget', '20MB', '--threads', '1',
  );
  const alone = await startGolden();
  try {
    const url = await serving.url;
    const { data: [model] } = (await (await fetch(`${url}/models`)).json()) as { data: { id: string }[] };
    const topics = ['trees', 'stones'];
    const chats = await takeTurns(url, model!.id, topics, 3);
    expectReuse(chats);
    const right: string[][] = [];
    for (const topic of topics) {
      alone.model.forgetContext();
      right.push(...texts(await takeTurns(alone.url, alone.modelId, [topic], 3)));
    }
    expect(texts(chats)).toEqual(right);
  } finally {
    serving.child.kill('SIGTERM');
    await alone.close();
  }
  expect((await serving.ended).code).toBe(0);
});
