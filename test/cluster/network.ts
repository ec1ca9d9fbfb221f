import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

/** Why namespaces cannot be made here; null when they can. */
export function namespacesMissing(): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  if (!['/sbin/ip', '/usr/sbin/ip', '/bin/ip', '/usr/bin/ip'].some(existsSync)) return '`ip` (iproute2) is not installed';
  const name = `hearth-${randomBytes(3).toString('hex')}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'del', name);
    return null;
  } catch {
    return 'this machine does not let network namespaces be made';
  }
}

/** One machine of a {@link Network}: a namespace with an address of its own. */
export interface NetworkNode {
  readonly namespace: string;
  readonly address: string;
  /** Words that start a command there. */
  readonly within: readonly string[];
}

/**
 * A network of its own: a bridge in one namespace, and machines around it, each in a namespace of its own. Nothing of it
 * touches this machine's network, and it cannot be reached from anywhere else.
 */
export class Network {
  readonly nodes: readonly NetworkNode[];
  /** The namespace of the bridge. */
  readonly hub: string;

  /** Makes `count` machines with the addresses 10.77.0.1 and so on; those at `late` have theirs only with {@link giveAddress}. */
  constructor(count: number, late: readonly number[] = []) {
    const name = `hearth-${randomBytes(3).toString('hex')}`;
    this.hub = `${name}-hub`;
    this.nodes = Array.from({ length: count }, (_, index) => {
      const namespace = `${name}-${index}`;
      return { namespace, address: `10.77.0.${index + 1}`, within: ['ip', 'netns', 'exec', namespace] };
    });
    try {
      this.#build(late);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #build(late: readonly number[]): void {
    ip('netns', 'add', this.hub);
    ip('-n', this.hub, 'link', 'add', 'bridge0', 'type', 'bridge');
    ip('-n', this.hub, 'link', 'set', 'bridge0', 'up');
    for (const [index, { namespace }] of this.nodes.entries()) {
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', this.hub, 'link', 'add', `port${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      ip('-n', this.hub, 'link', 'set', `port${index}`, 'master', 'bridge0', 'up');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      if (!late.includes(index)) this.giveAddress(index);
    }
  }

  /** As a router's DHCP does, some time after the cable is in. */
  giveAddress(index: number): void {
    const { namespace, address } = this.nodes[index]!;
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    // Without it multicast finds no way out, and discovery finds nobody.
    ip('-n', namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
  }

  /** The bridge that Docker sets up: the same address on every machine. */
  addDocker(index: number): void {
    const { namespace } = this.nodes[index]!;
    // A bridge counts as running only with something on it: a pair of ends does without.
    ip('-n', namespace, 'link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'inside');
    ip('-n', namespace, 'address', 'add', '172.17.0.1/16', 'dev', 'docker0');
    ip('-n', namespace, 'link', 'set', 'inside', 'up');
    ip('-n', namespace, 'link', 'set', 'docker0', 'up');
  }

  /** Pulls the cable of the machine at `index`, or plugs it in again. */
  plug(index: number, on: boolean): void {
    const [, ...words] = this.plugWords(index, on);
    ip(...words);
  }

  /** The command by which {@link plug} does it, from within any of the machines too. */
  plugWords(index: number, on: boolean): string[] {
    return ['ip', '-n', this.hub, 'link', 'set', `port${index}`, on ? 'up' : 'down'];
  }

  /** The bridge passes no multicast on to the machine at `index`, as many access points do; everything else goes on. */
  blockMulticast(index: number): void {
    ip('-n', this.hub, 'link', 'set', `port${index}`, 'type', 'bridge_slave', 'mcast_flood', 'off');
  }

  /** To be called once no process runs in it any more. Never throws. */
  remove(): void {
    for (const namespace of [...this.nodes.map((node) => node.namespace), this.hub]) {
      try {
        ip('netns', 'del', namespace);
      } catch {
        // It was not made, or is gone already.
      }
    }
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
