import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, hashOfKey } from '../../engine/api/api-keys.js';
import { post, startGolden, startServer, type RunningServer } from './golden-server.js';

let golden: RunningServer;
let chat: string;
beforeAll(async () => {
  golden = await startGolden({ mostBodyBytes: 20_000, corsOrigins: ['http://app.example:3000'], allowedHosts: ['laptop.local'] });
  chat = `${golden.url}/chat/completions`;
});
afterAll(() => golden.close());

const ask = (change: object): object => ({ model: golden.modelId, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 2, ...change });

/** Any request at all: fetch refuses to send a Host of our own. */
function send(headers: Record<string, string>, method = 'GET', path = '/v1/models'): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: golden.server.port, method, path, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });
}

describe('wrong requests', () => {
  it.each([
    ['no model', { model: undefined }, 400, 'model', 'missing_required_parameter'],
    ['another model', { model: 'gpt-4o' }, 404, 'model', 'model_not_found'],
    ['no messages', { messages: undefined }, 400, 'messages', 'missing_required_parameter'],
    ['an empty chat', { messages: [] }, 400, 'messages', 'invalid_value'],
    ['an unknown role', { messages: [{ role: 'wizard', content: 'x' }] }, 400, 'messages[0].role', 'invalid_value'],
    ['a number as content', { messages: [{ role: 'user', content: 7 }] }, 400, 'messages[0].content', 'invalid_value'],
    ['a picture', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] }, 400, 'messages[0].content', 'invalid_value'],
    ['an unknown parameter', { temprature: 1 }, 400, null, null],
    ['too hot', { temperature: 2.5 }, 400, 'temperature', 'invalid_value'],
    ['a text as a number', { top_p: '1' }, 400, 'top_p', 'invalid_type'],
    ['five stop strings', { stop: ['a', 'b', 'c', 'd', 'e'] }, 400, 'stop', 'invalid_value'],
    ['two limits at once', { max_completion_tokens: 3 }, 400, 'max_completion_tokens', null],
    ['top_logprobs alone', { top_logprobs: 2 }, 400, 'top_logprobs', null],
    ['stream_options alone', { stream_options: {} }, 400, 'stream_options', null],
    ['tool_choice alone', { tool_choice: 'auto' }, 400, 'tool_choice', null],
    ['parallel_tool_calls alone', { parallel_tool_calls: false }, 400, 'parallel_tool_calls', null],
    ['tools without a template for them', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, 'tools', 'tools_not_supported'],
    ['a chat that is too long', { messages: [{ role: 'user', content: 'x'.repeat(10_000) }] }, 400, 'messages', 'context_length_exceeded'],
    ['a bias of no token', { logit_bias: { word: 1 } }, 400, 'logit_bias.word', 'invalid_value'],
    ['no choice at all', { n: 0 }, 400, 'n', 'invalid_value'],
  ])('are refused in the shape of OpenAI: %s', async (_, change, status, param, code) => {
    const answer = await post(chat, ask(change));
    expect(answer.json).toEqual({ error: { message: expect.stringMatching(/^.{10,500}$/), type: 'invalid_request_error', param, code } });
    expect(answer.status).toBe(status);
  });

  it('are refused for plain completions too', async () => {
    const url = `${golden.url}/completions`;
    for (const change of [{ suffix: 'x' }, { best_of: 3 }, { echo: true, logprobs: 1 }, { prompt: [99_999] }, { prompt: [] }, { logprobs: 9 }]) {
      const { status, json } = await post(url, { model: golden.modelId, prompt: 'x', ...change });
      expect([status, json.error.param], JSON.stringify(change)).toEqual([400, Object.keys(change)[0]]);
    }
  });

  it('are refused when they are not JSON, too large, or of another type', async () => {
    expect((await post(chat, '{"model":')).status).toBe(400);
    expect((await post(chat, '[1]')).status).toBe(400);
    expect((await post(chat, 'null')).status).toBe(400);
    expect((await post(chat, `{"model":${'['.repeat(300)}`)).status).toBe(400);
    const large = await post(chat, ask({ user: 'x'.repeat(30_000) }));
    expect([large.status, large.json.error.code]).toEqual([413, 'request_too_large']);
    expect((await post(chat, '{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await post(chat, '{}', { 'Content-Encoding': 'gzip' })).status).toBe(415);
  });

  it('are refused when they ask for another thing, or in another way', async () => {
    for (const [path, hint] of [['/v1/embeddings', '/v1/chat/completions, /v1/completions.'], ['/chat/completions', 'ends in /v1.'], ['/api/tags', 'ends in /v1.']] as const) {
      const { status, body } = await send({}, 'GET', path);
      expect([status, JSON.parse(body)]).toEqual([404, {
        error: { message: expect.stringContaining(hint), type: 'invalid_request_error', param: null, code: 'unknown_url' },
      }]);
    }
    expect(await send({}, 'DELETE', '/v1/models')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await send({}, 'GET', '/v1/chat/completions')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect((await send({}, 'GET', '/v1/models/%zz')).status).toBe(404);
  });

  it('are refused in the same shape when they are no HTTP', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(golden.server.port, '127.0.0.1', () => socket.write('HELLO\r\n\r\n'));
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece)).on('end', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});

describe('whoever only looks', () => {
  it.each(['/', '/v1', '/v1/'])('finds at %s what to use as a base URL', async (path) => {
    const { status, body, headers } = await send({ Host: 'localhost:4321' }, 'GET', path);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(body).toContain('http://localhost:4321/v1 ');
  });

  it('gets the same head as whoever asks for all of it, and no body', async () => {
    for (const path of ['/', '/health', '/metrics', '/v1/models', '/v1/models/golden', '/v1/models/none']) {
      const [all, head] = [await send({}, 'GET', path), await send({}, 'HEAD', path)];
      expect([head.status, head.body, head.headers['content-type']], path).toEqual([all.status, '', all.headers['content-type']]);
    }
    expect(await send({}, 'HEAD', '/v1/completions')).toMatchObject({ status: 405, body: '', headers: { allow: 'POST' } });
    expect(await send({}, 'OPTIONS', '/v1/completions')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });
});

describe('the door', () => {
  it.each([
    ['localhost', 200], ['127.0.0.1:11435', 200], ['[::1]:80', 200], ['127.9.9.9', 200], ['LAPTOP.local:1', 200],
    ['evil.example', 403], ['127.0.0.1.evil.example', 403], ['localhost.evil.example:11435', 403], ['0.0.0.0', 403], ['a b', 403],
  ])('answers under the host name %j with %i', async (host, status) => {
    expect((await send({ Host: host })).status).toBe(status);
  });

  it('lets only configured pages in, and tells only them that it did', async () => {
    const friend = await send({ Origin: 'http://app.example:3000' });
    expect(friend).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'http://app.example:3000' } });
    for (const origin of ['http://evil.example', 'null', 'http://localhost:3000', 'http://app.example:3000.evil.example']) {
      const stranger = await send({ Origin: origin });
      expect(stranger.status, origin).toBe(403);
      expect(stranger.headers).not.toHaveProperty('access-control-allow-origin');
    }
    const asked = { Origin: 'http://app.example:3000', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization,content-type' };
    expect(await send(asked, 'OPTIONS', '/v1/chat/completions')).toMatchObject({
      status: 204, headers: { 'access-control-allow-headers': 'authorization,content-type' },
    });
    expect((await send({ ...asked, Origin: 'http://evil.example' }, 'OPTIONS', '/v1/chat/completions')).status).toBe(403);
  });

  it('takes just the keys it knows', async () => {
    const guarded = await startServer({ model: golden.model, keys: new ApiKeys([hashOfKey('first-key'), hashOfKey('second-key')]) });
    const status = async (headers: Record<string, string>, path = '/v1/models'): Promise<number> =>
      (await fetch(guarded.url.replace('/v1', path), { headers })).status;
    try {
      expect(await status({})).toBe(401);
      for (const wrong of ['Bearer first-keY', 'Bearer ', 'Basic first-key', 'first-key', 'Bearer first-key second-key']) {
        expect(await status({ Authorization: wrong }), wrong).toBe(401);
      }
      expect(await status({ Authorization: 'Bearer first-key' })).toBe(200);
      expect(await status({ Authorization: 'bearer second-key' })).toBe(200);
      expect(await status({}, '/metrics')).toBe(401);
      expect(await status({}, '/health')).toBe(200);
      const refused = await post(`${guarded.url}/chat/completions`, ask({}), { Authorization: 'Bearer none' });
      expect(refused.json.error).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
    } finally {
      await guarded.close();
    }
  });

  it('does not open to other machines without a key', async () => {
    await expect(startServer({ model: golden.model, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'API_KEY_NEEDED' });
    const open = await startServer({ model: golden.model, host: '0.0.0.0', keys: new ApiKeys([hashOfKey('k')]) });
    await open.close();
    await expect(startServer({ model: golden.model, corsOrigins: ['*'] })).rejects.toMatchObject({ code: 'CORS_ORIGIN_WRONG' });
    await expect(startServer({ model: golden.model, port: golden.server.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});
