import { receiveControl } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { dialTls } from '../wire/tls-link.js';
import { listenTls, type Listener } from '../wire/tls-listener.js';
import { shownDeviceName } from './device-name.js';

/** Where members of the home listen for each other. */
export const memberPort = 29_510;

/** A link whose both ends have said who they are. */
export interface MemberLink {
  /** Unique in this process. */
  readonly number: number;
  readonly deviceId: string;
  readonly name: string;
  /** The run of the peer's process. */
  readonly boot: string;
  readonly dialledBy: 'us' | 'them';
  /** Where the peer is, and where it listens for members. */
  readonly host: string;
  readonly port: number;
  readonly link: Link;
}

export interface MemberPortOptions {
  readonly identity: TlsIdentity;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Whether the device is a member of the home at this moment. */
  readonly isMember: (deviceId: string) => boolean;
  /** What this end says first; the port is added. */
  readonly hello: () => Omit<BodyOf<'memberHello'>, 'port'>;
  /** A member called and was greeted. */
  readonly onLink: (link: MemberLink) => void;
}

const side = { channel: 'member', role: 'master' } as const;
const greetingMs = 5_000;
/** Laptops of a home have an address each; a stranger's flood shares one. */
const bounds = { maxPending: 64, maxPendingPerAddress: 8, maxLinks: 256 };

/** The session port: lets members in and nobody else, and calls members elsewhere. */
export class MemberPort {
  #listener: Listener | null = null;
  #links = 0;

  private constructor(private readonly options: MemberPortOptions) {}

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async listen(options: MemberPortOptions): Promise<MemberPort> {
    const port = new MemberPort(options);
    const { identity, host, isMember } = options;
    port.#listener = await listenTls({
      identity, host, port: options.port, side, ...bounds,
      accepts: isMember,
      onLink: (link, from) => void port.#greet(link, from, null).then(options.onLink, () => undefined),
    });
    return port;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /**
   * Calls whoever is at an address. `expects` is the only device that may answer; undefined takes any member.
   * Rejects with what `dialTls` rejects with, and with PEER_IDENTITY for a stranger.
   */
  async dial(host: string, port: number, expects: string | undefined, timeoutMs: number, signal?: AbortSignal): Promise<MemberLink> {
    const link = await dialTls({
      host, port, identity: this.options.identity, expects, side, timeoutMs, ...(signal === undefined ? {} : { signal }),
    });
    return this.#greet(link, host, port);
  }

  /** Lets nobody in any more; links live on. */
  close(): void {
    this.#listener?.close();
  }

  async #greet(link: Link, host: string, dialled: number | null): Promise<MemberLink> {
    link.send('memberHello', { ...this.options.hello(), port: this.port });
    const { body } = await receiveControl(link, ['memberHello'], greetingMs);
    this.#links += 1;
    return {
      number: this.#links, deviceId: link.peerId, boot: body.boot, name: shownDeviceName(body.name, link.peerId),
      dialledBy: dialled === null ? 'them' : 'us', host, port: dialled ?? body.port, link,
    };
  }
}
