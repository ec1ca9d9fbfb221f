import { ClusterFailedError, InterruptedError } from '../errors.js';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import { dialTls } from '../wire/tls-link.js';
import { shownDeviceName } from './device-name.js';
import type { Home } from './home.js';
import type { HomeMember } from './home-view.js';
import type { Identity } from './identity.js';
import { parsePairingCode } from './pairing-code.js';
import { compareAsDialler, type CompareDigits, type PairingPeer } from './pairing-compare.js';
import { joinHomes } from './pairing-join.js';
import { loginReady, startTyping, type LoginEnds } from './pairing-login.js';
import { refuse, sendRefusal } from './pairing-refusal.js';

/** Where pairing listens while a person has it open. */
export const pairingPort = 29_700;
export const stepTimeoutMs = 10_000;
export const personTimeoutMs = 120_000;

/** This laptop in a pairing. */
export interface PairingSelf {
  readonly identity: Identity;
  readonly home: Home;
  readonly name: string;
  readonly hearthVersion: string;
}

/** The person at this laptop, asked for what the other laptop's way of pairing needs. */
export interface PairingPerson {
  readonly compare: CompareDigits;
  /** The code that the other laptop shows. */
  readonly typeCode: (peer: PairingPeer) => Promise<string>;
}

export interface PairWithOptions extends PairingSelf {
  readonly host: string;
  readonly port: number;
  readonly person: PairingPerson;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Pairing {
  readonly peer: PairingPeer;
  /** Whom this laptop's home gained, the other laptop among them unless it was a member before. */
  readonly added: readonly HomeMember[];
}

/**
 * Pairs with the laptop at `host`, which a person has opened for pairing: proves each to the other in the way chosen
 * there, then joins the homes. Rejects with what either end refused (PAIRING_*), or with what dialling rejects with.
 */
export async function pairWith(options: PairWithOptions): Promise<Pairing> {
  const first = await overNewLink(options, undefined, (link) => pairOver(link, options));
  if ('added' in first) return first;
  // Nobody is kept waiting at the other laptop's door while a person types; then the same laptop has to be there.
  const code = parsePairingCode(await options.person.typeCode(first.codeFor));
  const second = await overNewLink(options, first.codeFor.deviceId, (link) => pairOver(link, options, code));
  if ('added' in second) return second;
  throw new Error('A code was given and asked for again');
}

async function overNewLink<T>(
  options: PairWithOptions, expects: string | undefined, use: (link: Link) => Promise<T>,
): Promise<T> {
  const { identity, host, port, signal, timeoutMs = stepTimeoutMs } = options;
  const link = await dialTls({
    host, port, identity, timeoutMs, expects, side: { channel: 'pairing', role: 'worker' },
    ...(signal === undefined ? {} : { signal }),
  });
  const onAbort = (): void => link.close(new InterruptedError());
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await use(link);
  } catch (error) {
    sendRefusal(link, error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    link.close();
  }
}

/** The dialling end of a pairing over a link that stands; `codeFor` says whose code has to be typed first. */
export async function pairOver(
  link: Link, options: PairingSelf & { readonly person: Pick<PairingPerson, 'compare'> }, code?: string,
): Promise<Pairing | { readonly codeFor: PairingPeer }> {
  const { identity, home, name, hearthVersion, person } = options;
  if (link.peerId === identity.deviceId) {
    throw new ClusterFailedError('PAIRING_SELF', 'That is this laptop itself. Start the pairing on another one.');
  }
  link.send('pairHello', { hearthVersion, name });
  const { body } = await receiveControl(link, ['pairWelcome'], stepTimeoutMs);
  const peer = { deviceId: link.peerId, name: shownDeviceName(body.name, link.peerId) };
  if (body.way === 'code') {
    if (code === undefined) return { codeFor: peer };
    await proveCode(link, { holderId: peer.deviceId, typistId: identity.deviceId, nonce: link.nonce }, code);
  } else {
    const ownId = identity.deviceId;
    await compareAsDialler(link, { ownId, peer, compare: person.compare, stepTimeoutMs, personTimeoutMs });
  }
  const { added } = await joinHomes(link, home, stepTimeoutMs);
  return { peer, added };
}

async function proveCode(link: Link, ends: LoginEnds, code: string): Promise<void> {
  await loginReady;
  const login = startTyping(code, ends);
  link.send('pairRequest', { login: login.request });
  const { body } = await receiveControl(link, ['pairAnswer'], stepTimeoutMs);
  const proof = login.finish(body.login);
  if (proof === undefined) {
    refuse(link, 'PAIRING_CODE_WRONG', 'The code is not the one that the other laptop shows. Type it again.');
  }
  link.send('pairProof', { login: proof });
  await receiveControl(link, ['pairAccept'], stepTimeoutMs);
}
