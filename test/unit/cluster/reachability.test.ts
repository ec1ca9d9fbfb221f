import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownAddresses } from '../../../engine/cluster/interface-addresses.js';
import { likelyReason, type DialOutcome, type Observations } from '../../../engine/cluster/reachability.js';

const own = ownAddresses({
  wlan0: [{ address: '192.168.1.5', cidr: '192.168.1.5/24', family: 'IPv4', internal: false, mac: '', netmask: '' }],
});
const near = '192.168.1.9';
const seen = (changes: Partial<Observations>, ...outcomes: (DialOutcome | [string, DialOutcome])[]): Observations => ({
  name: 'attic', peerVersion: 1, ownVersion: 1, seenByMulticast: true, ownAddresses: own, othersReached: 0,
  othersUnreached: 0, platform: 'linux',
  failures: outcomes.map((outcome) => typeof outcome === 'string' ? { address: near, outcome } : { address: outcome[0], outcome: outcome[1] }),
  ...changes,
});

describe('the likely reason why a laptop cannot be reached', () => {
  it.each<[string, Observations, string]>([
    ['an older version', seen({ peerVersion: 1, ownVersion: 2 }, 'timeout'), 'VERSION'],
    ['a version heard on the link only', seen({}, 'wrong-version'), 'VERSION'],
    ['not let in', seen({}, 'timeout', 'not-let-in'), 'NOT_MEMBER'],
    ['another device at its address', seen({}, 'wrong-device'), 'WRONG_DEVICE'],
    ['no process there', seen({}, 'refused'), 'NOT_RUNNING'],
    ['dropped packets', seen({ othersReached: 2 }, 'timeout'), 'FIREWALL'],
    ['dropped packets, nobody else known', seen({}, 'timeout'), 'FIREWALL'],
    ['heard by multicast, no neighbour', seen({}, 'no-host'), 'ISOLATION'],
    ['nobody in this network can be reached', seen({ othersUnreached: 2 }, 'timeout'), 'ISOLATION'],
    ['not heard, no neighbour', seen({ seenByMulticast: false }, 'no-host'), 'NOT_RUNNING'],
    ['addresses of another network only', seen({}, ['10.1.0.4', 'timeout'], ['10.1.0.5', 'no-route']), 'OTHER_NETWORK'],
    ['a Mac that was not allowed', seen({ platform: 'darwin' }, 'no-host'), 'PERMISSION'],
    ['nothing tried', seen({}), 'UNKNOWN'],
  ])('is told from %s', (_what, observations, code) => {
    expect(likelyReason(observations).code).toBe(code);
  });

  it('names the laptop that is to be updated', () => {
    expect(likelyReason(seen({ peerVersion: 1, ownVersion: 2 })).sentence).toContain('update Hearth on attic');
    expect(likelyReason(seen({ peerVersion: 3, ownVersion: 2 })).sentence).toContain('update Hearth on this laptop');
  });

  it('is one sentence for every observation there can be', () => {
    const outcome = fc.constantFrom<DialOutcome>(
      'timeout', 'refused', 'no-host', 'no-route', 'cut-off', 'wrong-device', 'wrong-version', 'not-let-in',
    );
    const failure = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('attic.local'), fc.constant(near)), outcome });
    fc.assert(fc.property(fc.array(failure, { maxLength: 6 }), fc.boolean(), (failures, seenByMulticast) => {
      const { sentence } = likelyReason({ ...seen({}), failures, seenByMulticast });
      expect(sentence).toMatch(/^[^\n]{20,300}\.$/);
    }));
  });
});
