import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

/** Why network namespaces cannot be had here, or null where they can. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const probe = `hearth-probe-${process.pid}`;
  try {
    ip('netns', 'add', probe);
    ip('netns', 'del', probe);
    return null;
  } catch (error) {
    return `network namespaces cannot be made here (${(error as Error).message.split('\n')[0] ?? ''})`;
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

let made = 0;

/** A home: laptops as network namespaces, plugged into one switch, which is a bridge in a namespace of its own. */
export class HomeNetwork {
  readonly #prefix = `hearth${process.pid}n${made++}`;
  readonly #switch = `${this.#prefix}sw`;
  readonly #namespaces: string[] = [];
  readonly #nodes: NodeProcess[] = [];

  constructor() {
    this.#add(this.#switch);
    this.#in(this.#switch, 'link', 'add', 'br0', 'type', 'bridge');
    this.#in(this.#switch, 'link', 'set', 'br0', 'up');
  }

  /** Plugs a laptop in as `10.77.0.<number>`; `address: false` leaves that for {@link giveAddress}. */
  laptop(number: number, { address = true } = {}): Laptop {
    const namespace = `${this.#prefix}l${number}`;
    const port = `p${number}`;
    this.#add(namespace);
    ip('link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', this.#switch);
    this.#in(this.#switch, 'link', 'set', port, 'master', 'br0');
    this.#in(this.#switch, 'link', 'set', port, 'up');
    this.#in(namespace, 'link', 'set', 'lo', 'up');
    this.#in(namespace, 'link', 'set', 'eth0', 'up');
    const laptop = { namespace, port, address: `10.77.0.${number}` };
    if (address) this.giveAddress(laptop);
    return laptop;
  }

  /** As a router's DHCP does some time after the cable is in. */
  giveAddress({ namespace, address }: Laptop): void {
    this.#in(namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    this.#in(namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
  }

  /** The bridge that Docker sets up: the same address on every laptop. */
  addDocker({ namespace }: Laptop): void {
    // A bridge counts as running only with something on it: a pair of ends does without.
    this.#in(namespace, 'link', 'add', 'docker0', 'type', 'veth', 'peer', 'name', 'inside');
    this.#in(namespace, 'addr', 'add', '172.17.0.1/16', 'dev', 'docker0');
    this.#in(namespace, 'link', 'set', 'inside', 'up');
    this.#in(namespace, 'link', 'set', 'docker0', 'up');
  }

  /** The switch no longer passes multicast on to this laptop, as many access points do; everything else goes on. */
  blockMulticast({ port }: Laptop): void {
    this.#in(this.#switch, 'link', 'set', port, 'type', 'bridge_slave', 'mcast_flood', 'off');
  }

  /** Starts a program of this folder on a laptop. It speaks JSON lines. */
  start(laptop: Laptop, script: string, settings: object): NodeProcess {
    const file = join(import.meta.dirname, script);
    const child = spawn('ip', ['netns', 'exec', laptop.namespace, process.execPath, file, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const node = new NodeProcess(child);
    this.#nodes.push(node);
    return node;
  }

  /** Ends every process and removes every namespace, whatever happened before. */
  async close(): Promise<void> {
    for (const node of this.#nodes) await node.kill();
    const failures: unknown[] = [];
    for (const namespace of this.#namespaces.reverse()) {
      try {
        ip('netns', 'del', namespace);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'namespaces were left behind');
  }

  #add(namespace: string): void {
    ip('netns', 'add', namespace);
    this.#namespaces.push(namespace);
  }

  #in(namespace: string, ...args: string[]): void {
    ip('-n', namespace, ...args);
  }
}

export interface Laptop {
  readonly namespace: string;
  /** Its port at the switch. */
  readonly port: string;
  readonly address: string;
}

export interface NodeEvent {
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** A program in a namespace, with all it has said so far. */
export class NodeProcess {
  readonly events: NodeEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #exited: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    this.#exited = once(child, 'exit');
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line) as NodeEvent);
      for (const wake of this.#waiting) wake();
    });
  }

  tell(command: object): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  /** The first event, from those already there on, that `fits`; fails with all that was said when none comes. */
  async heard(fits: (event: NodeEvent) => boolean, timeoutMs = 15_000): Promise<NodeEvent> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const event = this.events.find(fits);
      if (event !== undefined) return event;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`nothing such was said: ${JSON.stringify(this.events)}`);
      await this.#more(left);
    }
  }

  /** SIGKILL. `ip netns exec` becomes the program, so this is the program's own process. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.#exited;
  }

  async exited(): Promise<void> {
    await this.#exited;
  }

  #more(leftMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, leftMs);
      this.#waiting.add(done);
    });
  }
}
