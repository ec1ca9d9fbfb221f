import type { Socket } from 'node:net';

/** How many connections may be under way that have proved nothing yet. */
export interface PendingBounds {
  readonly total: number;
  /** Of one address. */
  readonly perAddress: number;
  /** One that takes longer is dropped (ms). */
  readonly timeoutMs: number;
}

/**
 * Connections whose handshake is not done. Whoever holds many open crowds out only itself: a newcomer beyond the bound of
 * its address takes the place of that address's longest-waiting one, and beyond the total that of the address with most.
 */
export class PendingConnections {
  /** The longest-waiting first. */
  readonly #pending = new Map<Socket, string>();

  constructor(private readonly bounds: PendingBounds) {}

  get size(): number {
    return this.#pending.size;
  }

  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#countOf(address) >= this.bounds.perAddress) this.#dropOldestOf(address);
    else if (this.#pending.size >= this.bounds.total) this.#dropOldestOf(this.#busiest());
    this.#pending.set(socket, address);
    const timer = setTimeout(() => this.#pending.has(socket) && socket.destroy(), this.bounds.timeoutMs);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#pending.delete(socket);
    });
  }

  /**
   * The handshake of the connection from this place is done. The raw socket below a TLS one is not public; it shares the
   * peer's address and port, which no other open connection has.
   */
  done({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): void {
    for (const socket of this.#pending.keys()) {
      if (socket.remotePort === remotePort && socket.remoteAddress === remoteAddress) this.#pending.delete(socket);
    }
  }

  dropAll(): void {
    for (const socket of [...this.#pending.keys()]) socket.destroy();
  }

  #countOf(address: string): number {
    let count = 0;
    for (const held of this.#pending.values()) if (held === address) count += 1;
    return count;
  }

  #busiest(): string {
    const counts = new Map<string, number>();
    for (const held of this.#pending.values()) counts.set(held, (counts.get(held) ?? 0) + 1);
    return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0])[0];
  }

  #dropOldestOf(address: string): void {
    for (const [socket, held] of this.#pending) {
      if (held !== address) continue;
      this.#pending.delete(socket);
      socket.destroy();
      return;
    }
  }
}
