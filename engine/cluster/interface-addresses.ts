import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

/** One address of this laptop. */
export interface OwnAddress {
  /** The system's name of the interface, e.g. `wlan0`. */
  readonly name: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Bits of the network's part. */
  readonly prefix: number;
  /** Leads to containers, virtual machines or a VPN, not to the home's network. */
  readonly isVirtual: boolean;
}

/** What virtual switches, machines, containers and tunnels call their interfaces on Linux, macOS and Windows. */
const virtualNames =
  /^(docker|br-[0-9a-f]{6}|veth|virbr|vnet|lxc|lxd|cni|flannel|cali|podman|vmnet|vboxnet|bridge1\d\d|utun|tun|tap|wg|tailscale|zt|ham|ppp|awdl|llw|anpi)|vEthernet|VirtualBox|VMware|Hyper-V|WSL|Loopback/i;

/** This laptop's addresses, loopback left out, from what `os.networkInterfaces()` says. Pure. */
export function ownAddresses(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): OwnAddress[] {
  const addresses: OwnAddress[] = [];
  for (const [name, infos] of Object.entries(interfaces)) {
    for (const { address, family, cidr, internal } of infos ?? []) {
      if (internal || cidr === null) continue;
      const prefix = Number(cidr.slice(cidr.indexOf('/') + 1));
      addresses.push({ name, address, family, prefix, isVirtual: virtualNames.test(name) });
    }
  }
  return addresses;
}

/** Where multicast is worth it: one IPv4 address of each interface that leads to other laptops; sorted, so comparable. */
export function multicastAddresses(own: readonly OwnAddress[]): OwnAddress[] {
  const first = new Map<string, OwnAddress>();
  for (const address of own) {
    if (address.family === 'IPv4' && !address.isVirtual && !first.has(address.name)) first.set(address.name, address);
  }
  return [...first.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether `address` is in the network of this laptop's `own` address. */
export function isInNetwork(address: string, own: OwnAddress): boolean {
  const plain = withoutZone(address);
  const family = isIP(plain);
  if (family === 0 || (family === 4) !== (own.family === 'IPv4')) return false;
  const network = new BlockList();
  network.addSubnet(own.address, own.prefix, own.family === 'IPv4' ? 'ipv4' : 'ipv6');
  return network.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/** `192.168.1.0/24`, for people. IPv6 networks are named by the address. */
export function networkOf({ address, prefix, family }: OwnAddress): string {
  if (family === 'IPv6') return `${address}/${prefix}`;
  const bits = address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const network = prefix === 0 ? 0 : bits - (bits % 2 ** (32 - prefix));
  return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join('.')}/${prefix}`;
}

/** `fe80::1%eth0` → `fe80::1`. */
export function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}
