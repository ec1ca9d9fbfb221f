import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemas } from '../unit/generate/constrain/schemas.js';
import { post, startGolden, toolTemplate, type RunningServer } from './golden-server.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
});
afterAll(() => golden.close());

const rounds = 200;
const messages = [{ role: 'user', content: 'Answer in JSON.' }];
const ajv = new Ajv({ strict: false, validateFormats: false });

describe('a random model, which knows nothing of JSON', () => {
  it(`writes JSON that fits its schema in ${rounds} of ${rounds} answers`, async () => {
    const wrong: string[] = [];
    const names = Object.keys(schemas) as (keyof typeof schemas)[];
    for (let round = 0; round < rounds; round++) {
      const name = names[round % names.length]!;
      const { status, json } = await post(`${golden.url}/chat/completions`, {
        model: golden.modelId, messages, seed: round, temperature: round % 3 === 0 ? 0 : 1,
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: schemas[name], strict: true } },
      });
      const choice = json.choices?.[0];
      const fits = status === 200 && choice.finish_reason === 'stop' && ajv.validate(schemas[name], JSON.parse(choice.message.content));
      if (!fits) wrong.push(`seed ${round}, ${name}: ${status} ${JSON.stringify(choice ?? json)} ${ajv.errorsText()}`);
    }
    expect(wrong).toEqual([]);
  });

  it('writes an object in JSON mode', async () => {
    const close = Object.fromEntries(['"', '}', '"}'].map((text) => golden.model.text.tokenizer.encode(text, { addSpecialTokens: false })[0]!).map((token) => [token, 6]));
    for (let seed = 0; seed < 5; seed++) {
      const { json } = await post(`${golden.url}/chat/completions`, {
        model: golden.modelId, messages, seed, response_format: { type: 'json_object' }, logit_bias: close,
      });
      expect(json.choices[0].finish_reason, JSON.stringify(json)).toBe('stop');
      expect(JSON.parse(json.choices[0].message.content)).toBeTypeOf('object');
    }
  });

  it('calls one of its tools when it must, with arguments that fit', async () => {
    const names = ['a person', 'alternatives', 'a tree'] as const;
    const tools = names.map((name, index) => ({ type: 'function', function: { name: `tool_${index}`, parameters: { type: 'object', properties: { given: schemas[name] }, required: ['given'], additionalProperties: false, $defs: (schemas['a tree'] as { $defs: object }).$defs } } }));
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const { json } = await post(`${golden.url}/chat/completions`, { model: golden.modelId, messages, seed, tools, tool_choice: 'required' });
      const [{ message, finish_reason: finish }] = json.choices;
      expect(finish, JSON.stringify(json)).toBe('tool_calls');
      const { name, arguments: given } = message.tool_calls[0].function;
      const tool = tools.find((one) => one.function.name === name)!;
      expect(ajv.validate(tool.function.parameters, JSON.parse(given)), `seed ${seed}: ${given}`).toBe(true);
      seen.add(name as string);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it.each([
    [{ type: 'object', properties: { a: { type: 'string', not: {} } } }, '/properties/a'],
    [{ type: 'string', format: 'iri' }, 'format'],
    [{ $ref: '#' }, '$ref'],
  ])('refuses a schema that it cannot follow, as OpenAI does: %j', async (schema, word) => {
    const { status, json } = await post(`${golden.url}/chat/completions`, {
      model: golden.modelId, messages, response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ type: 'invalid_request_error', param: 'response_format', code: null });
    expect(json.error.message).toContain(word);
  });
});
