import { expect, test } from 'vitest';
import { hubEndpoint, mayFollow } from '../../../engine/catalogue/hub-endpoint.js';

test('without settings it is Hugging Face, with no token', () => {
  expect(hubEndpoint({})).toEqual({ base: new URL('https://huggingface.co/'), token: null });
});

test('a mirror under a path keeps its path', () => {
  const { base } = hubEndpoint({ HF_ENDPOINT: 'https://mirror.example/hf' });
  expect(new URL('api/models/o/r', base).href).toBe('https://mirror.example/hf/api/models/o/r');
});

test.each(['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080'])(
  'plain http to %s is accepted',
  (given) => {
    expect(hubEndpoint({ HF_ENDPOINT: given }).base.origin).toBe(given);
  },
);

test.each([
  'http://mirror.example',
  'http://192.168.1.5',
  'ftp://127.0.0.1',
  'file:///etc',
  'mirror',
  'https://me:secret@mirror.example',
  'https://mirror.example/?x',
  'http://127.0.0.1.evil.example',
])('the endpoint %s is refused in one line that repeats no password', (given) => {
  expect(() => hubEndpoint({ HF_ENDPOINT: given })).toThrow(/HF_ENDPOINT/);
  expect(() => hubEndpoint({ HF_ENDPOINT: given })).not.toThrow(/secret/);
});

test('a malformed token is refused without repeating it', () => {
  expect(() => hubEndpoint({ HF_TOKEN: 'hf_a\nb' })).toThrow(/copy it again/);
  expect(() => hubEndpoint({ HF_TOKEN: 'hf_a\nb' })).not.toThrow(/hf_a/);
  expect(hubEndpoint({ HF_TOKEN: ' hf_x\n' }).token).toBe('hf_x');
});

test.each([
  ['https://huggingface.co', 'https://cdn.example/x', true],
  ['https://huggingface.co', 'http://cdn.example/x', false],
  ['https://huggingface.co', 'https://127.0.0.1/x', false],
  ['https://huggingface.co', 'http://localhost:9/x', false],
  ['https://huggingface.co', 'file:///x', false],
  ['http://127.0.0.1:1', 'http://127.0.0.1:2/x', true],
  ['http://127.0.0.1:1', 'https://cdn.example/x', true],
  ['http://127.0.0.1:1', 'http://192.168.0.2/x', false],
])('from %s a redirect to %s is followed: %s', (endpoint, target, followed) => {
  expect(mayFollow(hubEndpoint({ HF_ENDPOINT: endpoint }), new URL(target))).toBe(followed);
});
