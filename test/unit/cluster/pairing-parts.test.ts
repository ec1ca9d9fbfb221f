import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../engine/cluster/canonical-json.js';
import { homePieces } from '../../../engine/cluster/home-transfer.js';
import { makePairingCode, parsePairingCode } from '../../../engine/cluster/pairing-code.js';
import { commitmentTo, digitsOf, keepsCommitment } from '../../../engine/cluster/pairing-digits.js';
import { PairingLock } from '../../../engine/cluster/pairing-lock.js';
import { answerTyping, loginReady, startTyping } from '../../../engine/cluster/pairing-login.js';
import { deviceIdOf } from '../../../engine/wire/device-id.js';
import { messages } from '../../../engine/wire/messages.js';
import { devices } from './home-devices.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
const [ada, ben, eve] = ['ada', 'ben', 'eve'].map((name) => deviceIdOf(Buffer.from(name))) as [string, string, string];
const nonce = (byte: string): string => byte.repeat(32);

describe('The six digits', () => {
  const parts = { committerId: ada, committerNonce: nonce('1a'), answererId: ben, answererNonce: nonce('2b') };

  test('are six digits, the same on both screens', () => {
    expect(digitsOf(parts)).toMatch(/^[0-9]{6}$/);
    expect(digitsOf({ ...parts })).toBe(digitsOf(parts));
  });

  test.each([
    ['either certificate', { committerId: eve }],
    ['the other certificate', { answererId: eve }],
    ['either nonce', { committerNonce: nonce('1b') }],
    ['the other nonce', { answererNonce: nonce('2c') }],
    ['who dialled whom', { committerId: ben, answererId: ada }],
  ])('hang on %s', (_, change) => {
    expect(digitsOf({ ...parts, ...change })).not.toBe(digitsOf(parts));
  });

  test('use all of their range', () => {
    const all = Array.from({ length: 2000 }, (_, index) =>
      digitsOf({ ...parts, committerNonce: index.toString(16).padStart(64, '0') }));
    expect(new Set(all).size).toBeGreaterThan(1980);
    expect(all.some((digits) => digits.startsWith('0'))).toBe(true);
  });

  test('cannot be steered: a commitment opens to its own nonce only, for its own device only', () => {
    const commitment = commitmentTo(ada, nonce('1a'));
    expect(keepsCommitment(commitment, ada, nonce('1a'))).toBe(true);
    expect(keepsCommitment(commitment, ada, nonce('1b'))).toBe(false);
    expect(keepsCommitment(commitment, eve, nonce('1a'))).toBe(false);
  });
});

describe('A pairing code', () => {
  test('is understood however it is typed, and never looks like the six digits', () => {
    for (let index = 0; index < 200; index += 1) {
      const code = makePairingCode();
      expect(code).toMatch(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/);
      expect(code).toMatch(/[A-Z]/);
      expect(parsePairingCode(` ${code.toLowerCase().replace('-', ' ')} `)).toBe(code);
    }
  });

  test.each(['', '042713', 'K7QM-3TX', 'K7QM-3TXRA', 'K7QM-3TX0', 'ключ-ключ'])('%j is none', (text) => {
    expect(() => parsePairingCode(text)).toThrow(expect.objectContaining({ code: 'PAIRING_CODE' }) as Error);
  });
});

describe('Proving a code', () => {
  const ends = { holderId: ada, typistId: ben, nonce: nonce('3c') };
  beforeAll(() => loginReady);

  /** One try over two ends that may see things differently: does the typist believe, does the holder? */
  function attempt(held: string, typed: string, holderSees = ends, typistSees = ends): [boolean, boolean] {
    const typist = startTyping(typed, typistSees);
    const holder = answerTyping(held, typist.request, holderSees);
    const proof = typist.finish(holder?.answer ?? '');
    return [proof !== undefined, proof !== undefined && holder?.check(proof) === true];
  }

  test('convinces both ends when it is the same', () => {
    expect(attempt('K7QM-3TXR', 'K7QM-3TXR')).toEqual([true, true]);
  });

  test('fails when one character differs', () => {
    expect(attempt('K7QM-3TXR', 'K7QM-3TXS')).toEqual([false, false]);
  });

  test.each([
    ['the certificate of the one who typed', { typistId: eve }],
    ['the certificate of the one who showed it', { holderId: eve }],
    ['the connection', { nonce: nonce('3d') }],
  ])('fails when somebody in between makes %s another for one end', (_, change) => {
    expect(attempt('K7QM-3TXR', 'K7QM-3TXR', ends, { ...ends, ...change })).toEqual([false, false]);
    expect(attempt('K7QM-3TXR', 'K7QM-3TXR', { ...ends, ...change }, ends)).toEqual([false, false]);
  });

  test('a proof that was recorded is worth nothing a second time', () => {
    const typist = startTyping('K7QM-3TXR', ends);
    const first = answerTyping('K7QM-3TXR', typist.request, ends);
    const proof = typist.finish(first?.answer ?? '');
    const second = answerTyping('K7QM-3TXR', typist.request, ends);
    expect(first?.check(proof ?? '')).toBe(true);
    expect(second?.check(proof ?? '')).toBe(false);
  });

  test('what crosses the wire fits its messages and never holds the code', () => {
    const typist = startTyping('K7QM-3TXR', ends);
    const holder = answerTyping('K7QM-3TXR', typist.request, ends);
    const proof = typist.finish(holder?.answer ?? '');
    for (const login of [typist.request, holder?.answer, proof]) {
      expect(messages.pairAnswer.body.safeParse({ login }).success).toBe(true);
      expect(Buffer.from(login ?? '', 'base64url').toString('latin1')).not.toContain('K7QM');
    }
  });

  test('garbage is a wrong try, not a crash', () => {
    fc.assert(fc.property(fc.base64String({ minLength: 1, maxLength: 500 }), (text) => {
      const typist = startTyping('K7QM-3TXR', ends);
      expect(typist.finish(text)).toBeUndefined();
      expect(answerTyping('K7QM-3TXR', text, ends)?.check(text) ?? false).toBe(false);
      expect(answerTyping('K7QM-3TXR', typist.request, ends)?.check(text)).toBe(false);
    }), { ...seed, numRuns: 40 });
  });
});

describe('The lock', () => {
  let now = 0;
  const lock = (): PairingLock => {
    now = 0;
    return new PairingLock(() => now);
  };
  const locked = expect.objectContaining({ code: 'PAIRING_LOCKED' }) as Error;

  test('closes after three wrong tries for a minute, and says for how long', () => {
    const one = lock();
    for (let tries = 0; tries < 3; tries += 1) one.begin();
    expect(() => one.begin()).toThrow(locked);
    now = 59_999;
    expect(() => one.check()).toThrow(/another 1 s/);
    now = 60_000;
    one.check();
    for (let tries = 0; tries < 3; tries += 1) one.begin();
    expect(() => one.begin()).toThrow(locked);
  });

  test('does not count tries that were right', () => {
    const one = lock();
    for (let tries = 0; tries < 10; tries += 1) {
      one.begin();
      one.succeed();
    }
    one.check();
  });

  test('counts tries at the same time as one each', () => {
    const one = lock();
    one.begin();
    one.begin();
    one.begin();
    expect(() => one.check()).toThrow(locked);
    one.succeed();
    one.check();
  });
});

describe('A list on its way', () => {
  test('goes in pieces that fit their message and hold everything in order', async () => {
    const [first] = await devices('ada');
    const [change] = first!.changes();
    const many = Array.from({ length: 700 }, () => change!);
    const pieces = homePieces(many);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.flatMap((piece) => piece.changes)).toEqual(many);
    expect(pieces.map((piece) => piece.more)).toEqual(pieces.map((_, index) => index < pieces.length - 1));
    for (const piece of pieces) expect(JSON.stringify(piece).length).toBeLessThan(messages.home.maxBytes);
    expect(homePieces([])).toEqual([{ changes: [], more: false }]);
  });
});

describe('Canonical JSON', () => {
  test('does not hang on the order of keys, and says the same as JSON', () => {
    const field = fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
    fc.assert(fc.property(fc.dictionary(fc.string(), field), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }), seed);
  });

  test('refuses what has no one text', () => {
    expect(() => canonicalJson(0.5)).toThrow(TypeError);
    expect(() => canonicalJson({ a: undefined } as never)).toThrow(TypeError);
  });
});
