import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressBook, parseAddress } from '../../../engine/cluster/address-book.js';
import { orderAddresses, type AddressSource, type KnownAddress } from '../../../engine/cluster/candidate-addresses.js';
import { isInNetwork, multicastAddresses, networkOf, ownAddresses } from '../../../engine/cluster/interface-addresses.js';
import { deviceIdOf } from '../../../engine/wire/device-id.js';

const port = 29_500;
const at = (host: string, source: AddressSource = 'announced'): KnownAddress => ({ host, port, source });
const info = (address: string, prefix: number, internal = false) => ({
  address, cidr: `${address}/${prefix}`, internal, mac: '02:00:00:00:00:01', netmask: '',
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
});
const own = ownAddresses({
  lo: [info('127.0.0.1', 8, true)],
  wlan0: [info('192.168.1.5', 24), info('fe80::5', 64), info('fd00:1::5', 64)],
  docker0: [info('172.17.0.1', 16)],
  'br-0a1b2c3d4e5f': [info('192.168.240.1', 20)],
  utun3: [info('10.8.0.2', 24)],
});

describe('the addresses of a peer', () => {
  it('are tried home network first, then others, then those inside laptops, link-local last', () => {
    const hosts = orderAddresses([
      at('fe80::9%wlan0'), at('169.254.3.4'), at('172.17.0.1'), at('192.168.122.1'), at('192.168.240.7'), at('10.8.0.9'),
      at('2001:db8::9'), at('10.1.2.3'), at('fd00:1::9'), at('192.168.1.9'),
    ], own).map(({ host }) => host);
    expect(hosts).toEqual([
      '192.168.1.9', 'fd00:1::9', '10.1.2.3', '2001:db8::9', '10.8.0.9', '192.168.122.1', '192.168.240.7', '172.17.0.1',
      '169.254.3.4', 'fe80::9%wlan0',
    ]);
  });

  it('put first what worked, then where the announcement came from, within one network', () => {
    const hosts = orderAddresses([
      at('192.168.1.7'), at('192.168.1.8', 'manual'), at('192.168.1.9', 'sender'), at('192.168.1.10', 'worked'),
    ], own).map(({ host }) => host);
    expect(hosts).toEqual(['192.168.1.10', '192.168.1.9', '192.168.1.8', '192.168.1.7']);
  });

  it('leave out what leads nowhere, but never what a person typed', () => {
    const useless = ['127.0.0.1', '0.0.0.0', '224.0.0.251', '::1', '::', 'fe80::1', 'not an address'];
    expect(orderAddresses(useless.map((host) => at(host)), own)).toEqual([]);
    const typed = ['attic.local', '127.0.0.1', '172.17.0.9'];
    expect(orderAddresses(typed.map((host) => at(host, 'manual')), own).map(({ host }) => host).sort()).toEqual(typed.sort());
  });

  it('come in one order whatever order they were learned in, each once', () => {
    const some = fc.array(fc.record({
      host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('172.17.0.1', '192.168.1.5', '169.254.1.1', '192.168.1.77')),
      port: fc.constantFrom(1, 2), source: fc.constantFrom<AddressSource>('worked', 'sender', 'manual', 'announced'),
    }), { maxLength: 12 });
    fc.assert(fc.property(some, fc.infiniteStream(fc.nat()), (known, numbers) => {
      const shuffled = known.map((address) => ({ address, key: numbers.next().value as number }))
        .sort((a, b) => a.key - b.key).map(({ address }) => address);
      const ordered = orderAddresses(known, own);
      expect(orderAddresses(shuffled, own)).toEqual(ordered);
      const keys = ordered.map(({ host, port: of }) => `${host.toLowerCase()} ${of}`);
      expect(new Set(keys).size).toBe(keys.length);
    }));
  });
});

describe('the interfaces of this laptop', () => {
  it('are used for multicast where they lead to other laptops, one address each', () => {
    expect(multicastAddresses(own).map(({ name, address }) => `${name} ${address}`)).toEqual(['wlan0 192.168.1.5']);
  });

  it('know their network', () => {
    const [wlan] = own;
    expect(networkOf(wlan!)).toBe('192.168.1.0/24');
    expect(isInNetwork('192.168.1.200', wlan!)).toBe(true);
    expect(isInNetwork('192.168.2.200', wlan!)).toBe(false);
    expect(isInNetwork('fe80::1', wlan!)).toBe(false);
    expect(isInNetwork('attic.local', wlan!)).toBe(false);
  });
});

describe('the address book', () => {
  const id = deviceIdOf(new Uint8Array([1]));
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hearth-book-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('keeps what was typed and what worked, and forgets what is taken out', async () => {
    const file = join(folder, 'deep', 'addresses.json');
    const book = await AddressBook.open(file);
    await Promise.all([book.add({ host: '10.0.0.1', port }), book.add({ host: '10.0.0.2', port }), book.add({ host: '10.0.0.1', port })]);
    await book.remember(id, { host: '10.0.0.2', port });
    const again = await AddressBook.open(file);
    expect(again.manual()).toEqual([{ host: '10.0.0.1', port }, { host: '10.0.0.2', port }]);
    expect(again.addressesOf(id).map(({ host, source }) => `${source} ${host}`))
      .toEqual(['worked 10.0.0.2', 'manual 10.0.0.1', 'manual 10.0.0.2']);
    await again.remove({ host: '10.0.0.2', port });
    const last = await AddressBook.open(file);
    expect(last.manual()).toEqual([{ host: '10.0.0.1', port }]);
    expect(last.worked(id)).toBeUndefined();
  });

  it('refuses a damaged file and leaves it as it is', async () => {
    const file = join(folder, 'addresses.json');
    writeFileSync(file, '{"manual": [{"host": 7}]}');
    await expect(AddressBook.open(file)).rejects.toMatchObject({ code: 'ADDRESSES_DAMAGED' });
    expect(readFileSync(file, 'utf8')).toContain('7');
  });

  it.each([
    ['192.168.1.7', '192.168.1.7', port], [' attic.local:81 ', 'attic.local', 81], ['fe80::1', 'fe80::1', port],
    ['[fd00::1]:82', 'fd00::1', 82], ['[fe80::1%eth0]', 'fe80::1%eth0', port],
  ])('reads %s', (text, host, of) => expect(parseAddress(text, port)).toEqual({ host, port: of }));

  it.each(['', 'a b', 'host:0', 'host:70000', '[attic]:1', 'http://attic', 'host:', 'user@host'])('refuses %j', (text) => {
    expect(() => parseAddress(text, port)).toThrow(expect.objectContaining({ code: 'ADDRESS_INVALID' }));
  });
});
