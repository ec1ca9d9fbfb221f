import { ClusterFailedError, InterruptedError } from '../errors.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { LinkSide } from '../wire/messages.js';
import { listenTls, type Listener } from '../wire/tls-listener.js';
import type { PeerLink } from './operation.js';
import { UnheardLinks } from './unheard-links.js';

/** Beyond all that may wait unheard: the run's own links. */
const mostLinks = 256;

/**
 * A rank's port for data links. It opens before the plan is known, since the plan names the ports; links that come early
 * wait, unheard, until {@link take} knows whom to believe.
 */
export class DataListener {
  readonly #unheard = new UnheardLinks();
  #listener: Listener | undefined;
  #onLink: ((link: Link) => void) | undefined;

  private constructor() {}

  /** @param options.port 0 takes any free port. Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async open(options: {
    host: string; port: number; identity: TlsIdentity; side: LinkSide;
  }): Promise<DataListener> {
    const listener = new DataListener();
    listener.#listener = await listenTls({
      ...options,
      accepts: () => true,
      maxPending: 64,
      maxLinks: mostLinks,
      onLink: (link, host) => {
        listener.#unheard.add(link, host);
        listener.#onLink?.(link);
      },
    });
    return listener;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /**
   * Takes one link from each of `ranks` (in that order), then stops listening. `judge` says which rank a link is, or
   * rejects; what it rejects is closed and forgotten.
   */
  take(
    ranks: readonly number[], judge: (link: Link) => Promise<number>, timeoutMs: number, signal?: AbortSignal,
  ): Promise<PeerLink[]> {
    const taken = new Map<number, Link>();
    let settled = false;
    return new Promise<PeerLink[]>((resolve, reject) => {
      const settle = (error?: Error): void => {
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.close();
        if (error === undefined) return resolve(ranks.map((rank) => peerLink(taken, rank)));
        for (const link of taken.values()) link.close(error);
        reject(error);
      };
      const timer = setTimeout(() => settle(missing(ranks.filter((rank) => !taken.has(rank)), timeoutMs)), timeoutMs);
      const onAbort = (): void => settle(new InterruptedError());
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted === true) return onAbort();
      const hear = async (link: Link): Promise<void> => {
        try {
          const rank = await judge(link);
          this.#unheard.heard(link);
          if (settled || taken.has(rank)) throw new ClusterFailedError('LINK_REFUSED', `Node ${rank} is connected already.`);
          taken.set(rank, link);
          link.send('linkReady', {});
          if (taken.size === ranks.length) settle();
        } catch (error) {
          link.close(error as Error);
        }
      };
      this.#onLink = (link) => void hear(link);
      for (const link of this.#unheard.links()) void hear(link);
    });
  }

  /** Stops listening and drops links that nobody took. */
  close(): void {
    this.#listener?.close();
    const reason = new ClusterFailedError('LINK_REFUSED', 'This node takes no more data links.');
    this.#onLink = (link) => link.close(reason);
    for (const link of this.#unheard.links()) link.close(reason);
  }
}

function peerLink(taken: ReadonlyMap<number, Link>, rank: number): PeerLink {
  const link = taken.get(rank);
  if (link === undefined) throw new Error(`No link of rank ${rank}`);
  return { rank, link };
}

function missing(ranks: readonly number[], timeoutMs: number): ClusterFailedError {
  const who = ranks.length === 1 ? `Node ${ranks[0]}` : `Nodes ${ranks.join(', ')}`;
  return new ClusterFailedError('DATA_LINK_TIMEOUT', `${who} did not connect within ${timeoutMs / 1000} s.`);
}
