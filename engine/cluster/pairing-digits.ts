import { createHash } from 'node:crypto';
import { sameProof } from '../wire/peer-proof.js';

/** What both screens' digits hang on: the certificates, by their hashes, and a nonce (64 hex digits) of either end. */
export interface DigitsParts {
  readonly committerId: string;
  readonly committerNonce: string;
  readonly answererId: string;
  readonly answererNonce: string;
}

/**
 * Binds one end to its nonce before it sees the other's. Without it, whoever stands between two laptops could try
 * nonces until both screens show the same digits; with it, one blind guess in a million is all there is.
 * @returns 64 hex digits.
 */
export function commitmentTo(committerId: string, nonce: string): string {
  return hashOf('hearth pairing commitment', [committerId, nonce]).toString('hex');
}

/** Whether `nonce` is what the other end committed itself to. */
export function keepsCommitment(commitment: string, committerId: string, nonce: string): boolean {
  return sameProof(commitment, commitmentTo(committerId, nonce));
}

/** Six digits for people to compare, e.g. `042713`; never a secret, never typed. */
export function digitsOf(parts: DigitsParts): string {
  const { committerId, committerNonce, answererId, answererNonce } = parts;
  const hash = hashOf('hearth pairing digits', [committerId, answererId, committerNonce, answererNonce]);
  return String(hash.readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
}

function hashOf(purpose: string, parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of [purpose, ...parts]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return hash.digest();
}
