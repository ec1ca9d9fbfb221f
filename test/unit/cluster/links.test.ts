import { describe, expect, test } from 'vitest';
import type { KnownAddress } from '../../../engine/cluster/candidate-addresses.js';
import { dialOutcome } from '../../../engine/cluster/dial-outcome.js';
import { LinkProbe } from '../../../engine/cluster/link-probe.js';
import { MemberDialler } from '../../../engine/cluster/member-dialler.js';
import type { MemberLink } from '../../../engine/cluster/member-port.js';
import { Whereabouts } from '../../../engine/cluster/whereabouts.js';
import { ClusterFailedError } from '../../../engine/errors.js';
import type { Code } from '../../../engine/saying.js';
import { probeBytes } from '../../../engine/wire/messages.js';
import { testIdentity } from './home-devices.js';

const failed = (code: string, systemCode?: string): ClusterFailedError =>
  new ClusterFailedError(code as Code, 'failed.', systemCode === undefined ? {} : { cause: Object.assign(new Error(), { code: systemCode }) });

describe('A failed dial', () => {
  test.each([
    ['PEER_TIMEOUT', undefined, 'timeout'], ['LINK_TIMEOUT', undefined, 'timeout'], ['PEER_IDENTITY', undefined, 'wrong-device'],
    ['PROTOCOL_VERSION', undefined, 'wrong-version'], ['LINK_CLOSED', undefined, 'not-let-in'],
    ['PEER_UNREACHABLE', 'ECONNREFUSED', 'refused'], ['PEER_UNREACHABLE', 'EHOSTUNREACH', 'no-host'],
    ['PEER_UNREACHABLE', 'ENETUNREACH', 'no-route'], ['PEER_UNREACHABLE', undefined, 'cut-off'],
  ])('of code %s (%s) is known as %s', (code, systemCode, outcome) => {
    expect(dialOutcome(failed(code, systemCode))).toBe(outcome);
  });
});

describe('The probe of a link', () => {
  /** A link with this round trip and rate; time passes only as answers come. */
  function measure(roundTripMs: number, bytesPerMs: number) {
    let now = 0;
    let finished = 0;
    const waiting: { number: number; bytes: number }[] = [];
    const probe = new LinkProbe(({ number, padding }) => waiting.push({ number, bytes: padding.length }), () => (finished += 1), () => now);
    probe.ask();
    for (let ping = waiting.shift(); ping !== undefined; ping = waiting.shift()) {
      now += roundTripMs + ping.bytes / bytesPerMs;
      probe.hear({ number: ping.number });
    }
    return { probe, finished, pass: (ms: number) => (now += ms), waiting };
  }

  test('finds the round trip, and what the bytes of a long ping take beyond it', () => {
    const { probe, finished } = measure(4, 1_000);
    expect(finished).toBe(1);
    expect(probe.figures?.roundTripMs).toBeCloseTo(4);
    expect(probe.figures?.bytesPerSecond).toBeCloseTo(1_000_000, -2);
  });

  test('sends no ping longer than the wire allows, and one at a time', () => {
    const { probe, waiting, pass } = measure(1, 10_000);
    probe.ask();
    probe.ask();
    expect(waiting).toHaveLength(1);
    expect(waiting[0]!.bytes).toBeLessThanOrEqual(probeBytes);
    pass(5_000);
    probe.ask();
    expect(waiting).toHaveLength(2);
  });

  test('takes no answer to a ping that it did not send', () => {
    const { probe, pass } = measure(3, 1_000);
    const before = probe.figures;
    pass(100);
    probe.hear({ number: 999 });
    expect(probe.figures).toEqual(before);
  });
});

describe('A member is called', () => {
  const manual: KnownAddress = { host: '192.0.2.1', port: 29_510, source: 'manual' };

  test('once at a typed address, for however many members that are away', async () => {
    const calls: string[] = [];
    let answer: (error: Error) => void = () => undefined;
    const dialler = new MemberDialler({
      port: { dial: (host) => {
        calls.push(host);
        return new Promise((_, reject) => (answer = reject));
      } },
      book: { addressesOf: () => [manual], worked: () => undefined },
      heardOf: () => [], ownAddresses: () => [], presentIds: () => [],
    });
    const { signal } = new AbortController();
    const first = dialler.dial('A', signal);
    expect(await dialler.dial('B', signal)).toEqual({ link: null, others: [], failures: [] });
    answer(failed('PEER_TIMEOUT'));
    expect((await first).failures).toEqual([{ address: manual.host, outcome: 'timeout' }]);
    expect(calls).toEqual([manual.host]);
  });

  test('and whoever else answers at a typed address is not lost', async () => {
    const other = { deviceId: 'B' } as MemberLink;
    const dialler = new MemberDialler({
      port: { dial: () => Promise.resolve(other) },
      book: { addressesOf: () => [manual], worked: () => undefined },
      heardOf: () => [], ownAddresses: () => [], presentIds: () => [],
    });
    expect(await dialler.dial('A', new AbortController().signal)).toEqual({
      link: null, others: [other], failures: [{ address: manual.host, outcome: 'wrong-device' }],
    });
  });
});

describe('What members say of where others are', () => {
  test('is news once, counts for members only, and is bounded', async () => {
    const [{ deviceId: member }, { deviceId: stranger }] = await Promise.all([testIdentity(0), testIdentity(1)]);
    const whereabouts = new Whereabouts();
    const hear = (deviceId: string, host: string) =>
      whereabouts.hear({ peers: [{ deviceId, host, port: 29_510 }] }, (id) => id === member);
    expect(hear(member, '10.0.0.1')).toEqual([{ deviceId: member, host: '10.0.0.1' }]);
    expect(hear(member, '10.0.0.1')).toEqual([]);
    expect(hear(stranger, '10.0.0.2')).toEqual([]);
    for (let host = 2; host < 40; host++) hear(member, `10.0.0.${host}`);
    expect(whereabouts.of(member).length).toBeLessThan(10);
    expect(whereabouts.of(member)[0]?.host).toBe('10.0.0.39');
    expect(whereabouts.of(stranger)).toEqual([]);
  });
});
