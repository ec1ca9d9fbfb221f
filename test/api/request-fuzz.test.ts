import fc from 'fast-check';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiKeys, hashOfKey } from '../../engine/api/api-keys.js';
import { post, startGolden, startServer, toolTemplate, type RunningServer } from './golden-server.js';

let golden: RunningServer;
beforeAll(async () => {
  golden = await startGolden({ template: toolTemplate });
});
afterAll(() => golden.close());

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
/** Times as long as in an ordinary run. */
const patience = Number(process.env['HEARTH_SOAK_SECONDS'] ?? 20) / 20;
const options = { ...seed, interruptAfterTimeLimit: 12_000 * patience, numRuns: 400 * patience };

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('user', 'assistant', 'tool', 'system', '<tool_call>', '\ud800', ''));
const odd = fc.oneof({ weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4 }) }, { weight: 1, arbitrary: fc.constantFrom(null, 1e308, -1, 0.5, 2 ** 53) });
const maybe = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> => fc.oneof({ weight: 40, arbitrary: right }, { weight: 1, arbitrary: odd });

const { node: schema } = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'null', 'object', 'array', 'fish') }),
    fc.record({ type: fc.constant('string'), pattern: fc.oneof(text, fc.constantFrom('^a+$', '[', '(a|b){2,3}', '(((((', '\\p{L}', '^(a*)*$')) }),
    fc.record({ type: fc.constant('string'), minLength: maybe(fc.nat(5)), maxLength: maybe(fc.nat(9)) }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('integer'), minimum: maybe(fc.integer()), maximum: maybe(fc.integer()) }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('number'), minimum: maybe(fc.double({ noNaN: true })), exclusiveMaximum: maybe(fc.double({ noNaN: true })) }, { requiredKeys: ['type'] }),
    fc.record({ enum: fc.array(odd, { maxLength: 4 }) }),
    fc.record({ $ref: fc.constantFrom('#', '#/$defs/x', '#/properties/a', 'x', '#/%zz') }),
    fc.record({ anyOf: fc.array(tie('node'), { maxLength: 3 }) }),
    fc.record({ type: fc.constant('array'), items: tie('node'), minItems: maybe(fc.nat(3)), maxItems: maybe(fc.nat(4)) }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('object'), properties: fc.dictionary(text, tie('node'), { maxKeys: 3 }), required: fc.array(text, { maxLength: 2 }), additionalProperties: fc.oneof(fc.boolean(), tie('node')), $defs: fc.record({ x: tie('node') }) }, { requiredKeys: ['type'] }),
    odd,
  ),
}));

const content = fc.oneof(text, fc.array(fc.record({ type: maybe(fc.constant('text')), text: maybe(text) }), { maxLength: 2 }));
const call = fc.record({ id: text, type: fc.constant('function'), function: fc.record({ name: text, arguments: fc.oneof(text, fc.json({ maxDepth: 3 })) }) });
const message = fc.record(
  { role: maybe(fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool')), content: maybe(content), tool_calls: maybe(fc.array(maybe(call), { maxLength: 2 })), tool_call_id: maybe(text), name: maybe(text) },
  { requiredKeys: ['role', 'content'] },
);
const tool = fc.record({ type: fc.constant('function'), function: fc.record({ name: maybe(fc.constantFrom('f', 'g')), parameters: maybe(schema), strict: maybe(fc.boolean()) }, { requiredKeys: ['name'] }) });

/** Parameters of both routes: mostly right ones, at times any JSON at all. */
const fields = {
  temperature: maybe(fc.double({ min: 0, max: 2, noNaN: true })), top_p: maybe(fc.double({ min: 0, max: 1, noNaN: true })), seed: maybe(fc.maxSafeInteger()),
  stop: maybe(fc.array(text, { maxLength: 5 })), n: maybe(fc.integer({ min: 1, max: 3 })), frequency_penalty: maybe(fc.double({ min: -2, max: 2, noNaN: true })),
  presence_penalty: maybe(fc.double({ min: -2, max: 2, noNaN: true })), logit_bias: maybe(fc.dictionary(fc.nat(400).map(String), fc.integer({ min: -100, max: 100 }))),
  stream: maybe(fc.boolean()), stream_options: maybe(fc.record({ include_usage: fc.boolean() })), user: maybe(text), metadata: maybe(fc.dictionary(text, text)),
  anything: maybe(fc.constant(undefined)),
};
const chatBody = fc.record(
  {
    model: fc.constant('golden'), messages: maybe(fc.array(maybe(message), { minLength: 1, maxLength: 4 })), max_tokens: fc.integer({ min: 1, max: 6 }), ...fields,
    logprobs: maybe(fc.boolean()), top_logprobs: maybe(fc.integer({ min: 0, max: 20 })), tools: maybe(fc.array(tool, { maxLength: 2 })),
    tool_choice: maybe(fc.constantFrom('none', 'auto', 'required')), response_format: maybe(fc.oneof(
      fc.constantFrom({ type: 'text' }, { type: 'json_object' }), fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ name: fc.constant('x'), schema: maybe(schema) }) }),
    )),
  },
  { requiredKeys: ['model', 'messages', 'max_tokens'] },
);
const completionBody = fc.record(
  { model: fc.constant('golden'), prompt: maybe(fc.oneof(text, fc.array(fc.nat(300)), fc.array(text))), max_tokens: fc.integer({ min: 1, max: 6 }), ...fields, echo: maybe(fc.boolean()), logprobs: maybe(fc.nat(5)) },
  { requiredKeys: ['model', 'prompt', 'max_tokens'] },
);

async function stillWell(): Promise<void> {
  expect(golden.faults).toEqual([]);
  const well = await post(`${golden.url}/chat/completions`, { model: 'golden', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 });
  expect(well.status).toBe(200);
}

it.each([['chat/completions', chatBody], ['completions', completionBody]] as const)('answers any request to %s, and never with a fault of its own', async (path, bodies) => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      const response = await fetch(`${golden.url}/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      const answer = await response.text();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      expect([200, 400], answer).toContain(response.status);
      // A stream that has begun may still be refused, by an event, but never for a fault.
      expect(answer).not.toContain('"server_error"');
      if (response.status === 400) expect(JSON.parse(answer)).toEqual({ error: { message: expect.any(String), type: 'invalid_request_error', param: expect.toSatisfy((param) => param === null || typeof param === 'string'), code: expect.toSatisfy((code) => code === null || typeof code === 'string') } });
    }),
    options,
  );
  await stillWell();
  // The fuzzer reaches both what is answered and what is refused.
  expect([...seen.keys()].sort()).toEqual([200, 400]);
});

it('outlives any bytes that are sent to it', async () => {
  const line = fc.oneof(fc.constantFrom('POST /v1/chat/completions HTTP/1.1', 'GET /v1/models HTTP/1.1', 'Host: localhost', 'Content-Length: 5', 'Content-Length: -1', 'Transfer-Encoding: chunked', 'Content-Type: application/json', 'Connection: upgrade', 'Upgrade: h2c', 'Expect: 100-continue', '', '{"a":1}', 'zz'), text);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 10 }), fc.boolean(), async (lines, halfClosed) => {
      const answer = await new Promise<string>((resolve) => {
        let got = '';
        const socket = connect(golden.server.port, '127.0.0.1', () => {
          socket.write(`${lines.join('\r\n')}\r\n\r\n`);
          if (halfClosed) socket.end();
          setTimeout(() => socket.destroy(), 20);
        });
        socket.setEncoding('utf8').on('data', (piece: string) => (got += piece)).on('error', () => undefined).on('close', () => resolve(got));
      });
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
    }),
    { ...options, numRuns: 150 * patience },
  );
  await stillWell();
});

const friend = 'http://page.example';
const stringOrNull: unknown = expect.toSatisfy((value) => value === null || typeof value === 'string');

const door = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'),
  path: fc.oneof(
    fc.constantFrom('/', '/v1', '/health', '/metrics', '/v1/models', '/v1/models/golden', '/v1/completions', '/v1/chat/completions?x=/health', '//health', '/v1/../health'),
    fc.webPath().filter((path) => path.startsWith('/')),
  ),
  host: fc.constantFrom('localhost', 'localhost', 'localhost', '127.0.0.1:80', '127.0.0.1:80', '[::1]', 'evil.example', 'localhost.evil.example', '192.168.1.5', '0.0.0.0', '2130706433'),
  origin: fc.constantFrom(undefined, undefined, undefined, friend, friend, 'null', 'http://evil.example', `${friend}.evil.example`, friend.toUpperCase()),
  authorization: fc.constantFrom('Bearer the-key', 'Bearer the-key', 'bearer  the-key ', 'Bearer the-ke', 'Bearer', 'Basic the-key', undefined),
  type: fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/plain', undefined),
  body: fc.constantFrom('', '{}', '{"model":"golden","prompt":"x","max_tokens":1}', '{"model":'),
});

it('lets in only who may come, whatever is asked in whatever way, and refuses all others in the shape of OpenAI', async () => {
  const server = await startServer({ model: golden.model, keys: new ApiKeys([hashOfKey('the-key')]), corsOrigins: [friend] });
  const seen = new Set<number>();
  try {
    await fc.assert(
      fc.asyncProperty(door, async ({ method, path, host, origin, authorization, type, body }) => {
        const given = Object.entries({ host, origin, authorization, 'content-type': type, 'content-length': String(body.length) });
        const headers = Object.fromEntries(given.filter((header): header is [string, string] => header[1] !== undefined));
        const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
          const request = httpRequest({ host: '127.0.0.1', port: server.server.port, method, path, headers, agent: false }, (response) => {
            let got = '';
            response.setEncoding('utf8').on('data', (piece: string) => (got += piece)).on('end', () => resolve({ status: response.statusCode!, text: got }));
          });
          request.on('error', reject).end(body);
        });
        seen.add(status);
        const known = ['localhost', '127.0.0.1:80', '[::1]'].includes(host) && (origin === undefined || origin === friend);
        const hasKey = /^bearer +the-key *$/i.test(authorization ?? '');
        const isOpen = /^\/(health|v1\/?)?$/.test(path.split('?')[0]!) || (method === 'OPTIONS' && origin !== undefined);
        expect(status).toBeLessThan(500);
        if (!known) expect(status).toBe(403);
        if (status < 300) expect(hasKey || isOpen).toBe(true);
        if (status >= 400 && method !== 'HEAD') expect(JSON.parse(text)).toEqual({ error: { message: expect.any(String), type: expect.any(String), param: stringOrNull, code: stringOrNull } });
      }),
      { ...options, numRuns: 400 * patience },
    );
    expect(server.faults).toEqual([]);
    expect([...seen].sort()).toEqual(expect.arrayContaining([200, 401, 403, 404, 405]));
  } finally {
    await server.close();
  }
});
