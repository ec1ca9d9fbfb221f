import { BlockList, isIP } from 'node:net';
import { isInNetwork, withoutZone, type OwnAddress } from './interface-addresses.js';

/** How an address of a peer became known. */
export type AddressSource =
  /** A link over it stood before. */
  | 'worked'
  /** Its announcement came from there. */
  | 'sender'
  /** The person typed it. */
  | 'manual'
  /** Its announcement lists it. */
  | 'announced';

export interface KnownAddress {
  readonly host: string;
  readonly port: number;
  readonly source: AddressSource;
}

const linkLocal = blocks(['169.254.0.0', 16], ['fe80::', 10]);
/** Networks that Docker, libvirt, VirtualBox, VMware Fusion and their like set up inside one laptop. */
const insideOneLaptop = blocks(
  ['172.17.0.0', 16], ['172.18.0.0', 15], ['172.20.0.0', 14], ['172.24.0.0', 13], ['192.168.122.0', 24], ['192.168.56.0', 24],
  ['192.168.64.0', 23], ['192.168.99.0', 24], ['10.0.2.0', 24], ['10.0.3.0', 24], ['10.88.0.0', 16],
);
const nowhere = blocks(['0.0.0.0', 8], ['224.0.0.0', 4], ['127.0.0.0', 8], ['ff00::', 8], ['::', 127]);

const sourceOrder: readonly AddressSource[] = ['worked', 'sender', 'manual', 'announced'];

/**
 * A peer's addresses in the order to try them, each once: what worked or was typed and lies in a network of ours, other
 * networks, then those that containers and virtual machines use (every laptop with Docker has the same ones, so they
 * mostly lead back to this one), link-local last. What cannot be a peer's address is left out, unless typed. Pure.
 */
export function orderAddresses(known: readonly KnownAddress[], own: readonly OwnAddress[]): KnownAddress[] {
  const first = new Map<string, KnownAddress>();
  const usable = known.filter(({ host, source }) => source === 'manual' || canBeDialled(host));
  const placed = usable.map((address) => ({ address, distance: distance(address, own) }));
  for (const { address } of placed.sort((a, b) => a.distance - b.distance || compare(a.address, b.address))) {
    const key = `${address.host.toLowerCase()} ${address.port}`;
    if (!first.has(key)) first.set(key, address);
  }
  return [...first.values()];
}

function canBeDialled(host: string): boolean {
  if (isIP(withoutZone(host)) === 0 || isIn(nowhere, host)) return false;
  // A link-local IPv6 address means nothing without the interface it is on.
  return host.includes('%') || isIP(host) === 4 || !isIn(linkLocal, host);
}

function compare(a: KnownAddress, b: KnownAddress): number {
  return sourceOrder.indexOf(a.source) - sourceOrder.indexOf(b.source)
    || isIP(withoutZone(a.host)) - isIP(withoutZone(b.host))
    || (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port);
}

/** 0 our network, 1 another or a name, 2 inside a laptop, 3 ourselves, 4 link-local. */
function distance({ host, source }: KnownAddress, own: readonly OwnAddress[]): number {
  if (isIn(linkLocal, host)) return source === 'worked' ? 1 : 4;
  if (own.some(({ address }) => address === host)) return 3;
  const ours = own.filter((address) => isInNetwork(host, address));
  if (ours.some(({ isVirtual }) => !isVirtual)) return 0;
  // Typed by a person, such an address means another laptop after all.
  if (source === 'manual' || source === 'worked') return 1;
  return ours.length > 0 || isIn(insideOneLaptop, host) ? 2 : 1;
}

function isIn(list: BlockList, host: string): boolean {
  const plain = withoutZone(host);
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

function blocks(...networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}
