import { ClusterFailedError, type HearthError } from '../errors.js';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import { listenTls, type Listener } from '../wire/tls-listener.js';
import { shownDeviceName } from './device-name.js';
import { compareAsListener, type CompareDigits, type PairingPeer } from './pairing-compare.js';
import { joinHomes } from './pairing-join.js';
import type { PairingLock } from './pairing-lock.js';
import { answerTyping, loginReady } from './pairing-login.js';
import { refuse, sendRefusal } from './pairing-refusal.js';
import { personTimeoutMs, stepTimeoutMs, type Pairing, type PairingSelf } from './pairing-session.js';

/** How the other laptop shall be known: by digits that people compare on two screens, or by a code shown here. */
export type PairingWay =
  | { readonly kind: 'digits'; readonly compare: CompareDigits }
  | { readonly kind: 'code'; readonly code: string };

export interface PairingDoorOptions extends PairingSelf {
  readonly host: string;
  readonly port: number;
  readonly way: PairingWay;
  /** Outlives the door: closing and opening it again does not unlock it. */
  readonly lock: PairingLock;
  /** Closes by itself after this long; five minutes unless said otherwise. */
  readonly openMs?: number;
  /** A try that failed, for the log. */
  readonly onRefused?: (peer: PairingPeer | undefined, error: Error) => void;
}

const openMs = 5 * 60_000;
/** Strangers reach this port: few may knock at once, and each must say something sensible soon. */
const maxPending = 8;
const maxLinks = 4;

/** Pairing, open while a person has it open: until one laptop was paired, `close`, or five minutes are over. */
export class PairingDoor {
  readonly port: number;
  /** Resolves with the pairing; rejects with PAIRING_CLOSED or PAIRING_TIMEOUT when there was none. */
  readonly paired: Promise<Pairing>;
  readonly #timer: NodeJS.Timeout;
  readonly #links = new Set<Link>();
  /** Those that did more than look how pairing is done here. */
  readonly #tried = new WeakSet<Link>();
  #resolve: (pairing: Pairing) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #comparing = false;
  #shut = false;

  private constructor(private readonly options: PairingDoorOptions, private readonly listener: Listener) {
    this.port = listener.port;
    this.paired = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.paired.catch(() => undefined);
    this.#timer = setTimeout(() => this.#fail(new ClusterFailedError(
      'PAIRING_TIMEOUT', 'No laptop was paired in time. Open pairing again when both are at hand.',
    )), options.openMs ?? openMs);
  }

  /** Rejects with ClusterFailedError PORT_IN_USE, CANNOT_LISTEN or PAIRING_LOCKED. */
  static async open(options: PairingDoorOptions): Promise<PairingDoor> {
    options.lock.check();
    await loginReady;
    const listener = await listenTls({
      host: options.host, port: options.port, identity: options.identity, maxPending, maxLinks,
      handshakeTimeoutMs: 5_000,
      side: { channel: 'pairing', role: 'master' },
      accepts: () => true,
      onLink: (link) => void door.answer(link),
    });
    const door = new PairingDoor(options, listener);
    return door;
  }

  close(): void {
    this.#fail(closed());
  }

  /** The listening end of a pairing over a link that stands. Never rejects. */
  async answer(link: Link): Promise<void> {
    let peer: PairingPeer | undefined;
    this.#links.add(link);
    try {
      const { identity, name, hearthVersion, home, way } = this.options;
      if (link.peerId === identity.deviceId) refuse(link, 'PAIRING_SELF', 'That is this laptop itself.');
      const { body } = await receiveControl(link, ['pairHello'], stepTimeoutMs);
      peer = { deviceId: link.peerId, name: shownDeviceName(body.name, link.peerId) };
      this.#mustBeOpen();
      link.send('pairWelcome', { hearthVersion, name, way: way.kind });
      await (way.kind === 'digits' ? this.#byDigits(link, peer, way.compare) : this.#byCode(link, peer, way.code));
      const { added } = await joinHomes(link, home, stepTimeoutMs).catch((error: unknown) => {
        // The proof is used up, so nobody can come after this one.
        this.#fail(error as Error);
        throw error;
      });
      this.#resolve({ peer, added });
    } catch (error) {
      sendRefusal(link, error);
      const lookedOnly = !this.#tried.has(link) && (error as HearthError).code === 'LINK_CLOSED';
      if (!lookedOnly) this.options.onRefused?.(peer, error as Error);
    } finally {
      this.#links.delete(link);
      link.close();
    }
  }

  async #byDigits(link: Link, peer: PairingPeer, compare: CompareDigits): Promise<void> {
    const { identity, lock } = this.options;
    const { body } = await receiveControl(link, ['pairCommit'], stepTimeoutMs);
    this.#tried.add(link);
    this.#mustBeOpen();
    if (this.#comparing) {
      refuse(link, 'PAIRING_BUSY', 'That laptop is comparing digits with another one. Try again in a moment.');
    }
    this.#comparing = true;
    try {
      await compareAsListener(link, body.commitment, {
        ownId: identity.deviceId, peer, compare, stepTimeoutMs, personTimeoutMs, onDigits: () => lock.begin(),
      });
    } finally {
      this.#comparing = false;
    }
    this.#use(link);
  }

  async #byCode(link: Link, { deviceId }: PairingPeer, code: string): Promise<void> {
    const { identity, lock } = this.options;
    const { body } = await receiveControl(link, ['pairRequest'], stepTimeoutMs);
    this.#tried.add(link);
    this.#mustBeOpen();
    // From our answer on the other end can tell whether its code was right: the try counts from here.
    lock.begin();
    const ends = { holderId: identity.deviceId, typistId: deviceId, nonce: link.nonce };
    const login = answerTyping(code, body.login, ends);
    if (login === undefined) return wrongCode(link);
    link.send('pairAnswer', { login: login.answer });
    const proof = await receiveControl(link, ['pairProof'], stepTimeoutMs);
    if (!login.check(proof.body.login)) return wrongCode(link);
    this.#use(link);
    link.send('pairAccept', {});
  }

  /** One proof, one pairing: whoever else is at the door goes away. */
  #use(link: Link): void {
    if (this.#shut) throw closed();
    this.options.lock.succeed();
    this.#shutBut(link);
  }

  #fail(error: Error): void {
    this.#shutBut(undefined, error);
    this.#reject(error);
  }

  #shutBut(kept: Link | undefined, error: Error = closed()): void {
    this.#shut = true;
    clearTimeout(this.#timer);
    this.listener.close();
    for (const link of this.#links) if (link !== kept) sendRefusal(link, error);
  }

  #mustBeOpen(): void {
    if (this.#shut) throw closed();
    this.options.lock.check();
  }
}

function wrongCode(link: Link): never {
  refuse(link, 'PAIRING_CODE_WRONG', 'The code is not the one that the other laptop shows. Type it again.');
}

function closed(): ClusterFailedError {
  return new ClusterFailedError('PAIRING_CLOSED', 'Pairing is closed on that laptop. Open it there and try again.');
}
