import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Proves knowledge of a secret without sending it: HMAC-SHA256 over what the proof is for and every part that ties it to
 * this connection (both device IDs, the listener's nonce, …). Parts are length-prefixed, so that none runs into another.
 * @returns 64 hex digits.
 */
export function proofOf(secret: Uint8Array, purpose: string, parts: readonly string[]): string {
  const hmac = createHmac('sha256', secret);
  for (const part of [purpose, ...parts]) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.digest('hex');
}

/** Compares two proofs in a time that does not depend on where they differ. */
export function sameProof(given: string, expected: string): boolean {
  const a = Buffer.from(given, 'utf8');
  const b = Buffer.from(expected, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
