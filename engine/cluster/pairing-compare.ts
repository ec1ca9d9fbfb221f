import { randomBytes } from 'node:crypto';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import { commitmentTo, digitsOf, keepsCommitment } from './pairing-digits.js';
import { refuse } from './pairing-refusal.js';

/** Who the other end says it is; not to be believed before the pairing is done. */
export interface PairingPeer {
  readonly deviceId: string;
  readonly name: string;
}

/**
 * Shows six digits to the person and resolves with whether they are the same on the other screen. `signal` aborts when
 * there is nothing to compare any more.
 */
export type CompareDigits = (digits: string, peer: PairingPeer, signal: AbortSignal) => Promise<boolean>;

export interface CompareOptions {
  readonly ownId: string;
  readonly peer: PairingPeer;
  readonly compare: CompareDigits;
  readonly stepTimeoutMs: number;
  /** How long people may take. */
  readonly personTimeoutMs: number;
  /** Called when the digits are certain and before anyone sees them. */
  readonly onDigits?: () => void;
}

/** The dialling end of a comparison: commits first, reveals last. Resolves when both people said yes. */
export async function compareAsDialler(link: Link, options: CompareOptions): Promise<void> {
  const { ownId, peer } = options;
  const nonce = randomBytes(32).toString('hex');
  link.send('pairCommit', { commitment: commitmentTo(ownId, nonce) });
  const { body } = await receiveControl(link, ['pairNonce'], options.stepTimeoutMs);
  link.send('pairReveal', { nonce });
  const digits = digitsOf({
    committerId: ownId, committerNonce: nonce, answererId: peer.deviceId, answererNonce: body.nonce,
  });
  await bothAgree(link, digits, options);
}

/** The listening end of a comparison; its first message, `commitment`, has come already. */
export async function compareAsListener(link: Link, commitment: string, options: CompareOptions): Promise<void> {
  const { ownId, peer } = options;
  const nonce = randomBytes(32).toString('hex');
  link.send('pairNonce', { nonce });
  const { body } = await receiveControl(link, ['pairReveal'], options.stepTimeoutMs);
  if (!keepsCommitment(commitment, peer.deviceId, body.nonce)) {
    refuse(link, 'PAIRING_TAMPERED', 'Somebody may stand between the laptops: do not pair them in this network.');
  }
  const digits = digitsOf({
    committerId: peer.deviceId, committerNonce: body.nonce, answererId: ownId, answererNonce: nonce,
  });
  await bothAgree(link, digits, options);
}

async function bothAgree(link: Link, digits: string, options: CompareOptions): Promise<void> {
  options.onDigits?.();
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), options.personTimeoutMs);
  void link.closed.then(() => over.abort());
  const agreed = await Promise.race([options.compare(digits, options.peer, over.signal), whenAborted(over.signal)])
    .finally(() => clearTimeout(timer));
  if (agreed === 'over' && link.closedBecause === undefined) {
    refuse(link, 'PAIRING_TIMEOUT', 'Nobody compared the digits in time. Start the pairing again.');
  }
  if (agreed === false) {
    refuse(link, 'PAIRING_DECLINED', 'The digits were not confirmed on one of the laptops. They were not paired.');
  }
  if (agreed === true) link.send('pairAccept', {});
  // On a closed link this throws what the other end said last.
  await receiveControl(link, ['pairAccept'], options.personTimeoutMs);
}

async function whenAborted(signal: AbortSignal): Promise<'over'> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  return 'over';
}

