import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGolden, startServer, toolTemplate, type RunningServer } from './golden-server.js';
import { ScriptedModel } from './scripted-model.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
});
afterAll(() => golden.close());

const tools = [{
  type: 'function' as const,
  function: { name: 'add', parameters: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false } },
}];

/** What the client makes of an answer that a model wants to give. */
async function answerTo(script: string, more: { parallel_tool_calls?: boolean } = {}): Promise<OpenAI.ChatCompletion.Choice> {
  const server = await startServer({ model: new ScriptedModel(golden.model, script) });
  try {
    const client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
    const stream = client.chat.completions.stream({ model: server.modelId, messages: [{ role: 'user', content: 'Add.' }], tools, ...more });
    return (await stream.finalChatCompletion()).choices[0]!;
  } finally {
    await server.close();
  }
}

describe('a model that may call tools', () => {
  it('is heard as text when it calls none', async () => {
    expect(await answerTo('It is <b>four</b>.')).toMatchObject({ finish_reason: 'stop', message: { content: 'It is <b>four</b>.' } });
  });

  it('calls one in the middle of an answer', async () => {
    const choice = await answerTo('Well. <tool_call>\n{"name": "add", "arguments": {"a": 4}}\n</tool_call>');
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Well. ' } });
    expect(choice.message.tool_calls).toMatchObject([{ type: 'function', function: { name: 'add', arguments: '{"a": 4}' } }]);
  });

  it('calls several, or one where it was asked for no more', async () => {
    const call = '<tool_call>\n{"name": "add", "arguments": {"a": 4}}\n</tool_call>';
    expect((await answerTo(`${call}\n${call}`)).message.tool_calls).toHaveLength(2);
    const single = await answerTo(`${call}\n${call}`, { parallel_tool_calls: false });
    expect(single).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
    expect(single.message.tool_calls).toHaveLength(1);
  });

  it('is held to the tools there are once it has begun a call', async () => {
    const { message } = await answerTo('<tool_call>\n{"name": "sub", "arguments": {"b": "x"}}\n</tool_call>');
    const [call] = message.tool_calls!;
    expect(call).toMatchObject({ function: { name: 'add', arguments: expect.stringMatching(/^\{"a": ?-?\d*/) } });
  });
});
