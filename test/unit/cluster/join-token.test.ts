import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createJoinToken, encodeJoinToken, isJoinProof, joinProof, parseJoinToken,
} from '../../../engine/cluster/join-token.js';
import { deviceIdOf } from '../../../engine/wire/device-id.js';

const deviceId = deviceIdOf(Buffer.from('master'));
const workerId = deviceIdOf(Buffer.from('worker'));
const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

describe('A join token', () => {
  test('is one word that carries device and secret', () => {
    const token = createJoinToken(deviceId);
    const text = encodeJoinToken(token);
    expect(text).toMatch(/^hearth1_[A-Za-z0-9_-]+$/);
    const parsed = parseJoinToken(` ${text}\n`);
    expect(parsed.deviceId).toBe(deviceId);
    expect(Buffer.from(parsed.secret)).toEqual(Buffer.from(token.secret));
    expect(token.secret).toHaveLength(32);
  });

  test('has a secret of its own every time', () => {
    expect(encodeJoinToken(createJoinToken(deviceId))).not.toBe(encodeJoinToken(createJoinToken(deviceId)));
  });

  test('that was mistyped anywhere or cut is refused without being repeated', () => {
    const text = encodeJoinToken(createJoinToken(deviceId));
    const refused = (wrong: string): void => {
      expect(() => parseJoinToken(wrong)).toThrow(expect.objectContaining({ code: 'JOIN_TOKEN' }) as Error);
      try {
        parseJoinToken(wrong);
      } catch (error) {
        if (wrong.length > 8) expect((error as Error).message).not.toContain(wrong.slice(8));
      }
    };
    fc.assert(fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('A', 'Q', 'g', 'w', '_', '-', '0', '9'), (at, character) => {
      fc.pre(text.charAt(at) !== character);
      refused(text.slice(0, at) + character + text.slice(at + 1));
    }), seed);
    for (let length = 0; length < text.length; length += 1) refused(text.slice(0, length));
    refused(`${text}A`);
    refused('hearth1_');
  });
});

describe('A join proof', () => {
  const token = createJoinToken(deviceId);
  const nonce = 'ab'.repeat(32);
  const proof = joinProof(token, workerId, 2, nonce);

  test('convinces the master it was made for', () => {
    expect(isJoinProof(proof, token, workerId, 2, nonce)).toBe(true);
  });

  test('is worth nothing for another secret, master, worker, rank or connection', () => {
    expect(isJoinProof(proof, createJoinToken(deviceId), workerId, 2, nonce)).toBe(false);
    expect(isJoinProof(proof, { ...token, deviceId: workerId }, workerId, 2, nonce)).toBe(false);
    expect(isJoinProof(proof, token, deviceId, 2, nonce)).toBe(false);
    expect(isJoinProof(proof, token, workerId, 3, nonce)).toBe(false);
    expect(isJoinProof(proof, token, workerId, 2, 'ac'.repeat(32))).toBe(false);
  });

  test.each(['', 'x', 'é'.repeat(64)])('that is %j is refused, not a crash', (given) => {
    expect(isJoinProof(given, token, workerId, 2, nonce)).toBe(false);
  });

  test('never holds the secret', () => {
    expect(proof).not.toContain(Buffer.from(token.secret).toString('hex'));
  });
});
