import { createHash, randomBytes } from 'node:crypto';
import { WrongUseError } from '../errors.js';
import { isDeviceId } from '../wire/device-id.js';
import { proofOf, sameProof } from '../wire/peer-proof.js';

/** What a master prints and a worker is started with: whom to trust, and a secret that only this run's nodes know. */
export interface JoinToken {
  readonly deviceId: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

const prefix = 'hearth1_';
const checksumBytes = 4;
const secretBytes = 32;
const idCharacters = 52;

export function createJoinToken(deviceId: string): JoinToken {
  return { deviceId, secret: randomBytes(secretBytes) };
}

/** One printable word: `hearth1_`, then device ID, secret and checksum in base64url. */
export function encodeJoinToken(token: JoinToken): string {
  const body = Buffer.concat([Buffer.from(token.deviceId.replaceAll('-', ''), 'ascii'), token.secret]);
  return prefix + Buffer.concat([body, checksum(body)]).toString('base64url');
}

/** Throws WrongUseError JOIN_TOKEN when the text is not a whole token. The sentence never repeats it. */
export function parseJoinToken(text: string): JoinToken {
  const encoded = text.trim();
  const bytes = Buffer.from(encoded.slice(prefix.length), 'base64url');
  const body = bytes.subarray(0, idCharacters + secretBytes);
  const whole = encoded.startsWith(prefix)
    && bytes.length === idCharacters + secretBytes + checksumBytes
    && bytes.toString('base64url') === encoded.slice(prefix.length)
    && bytes.subarray(body.length).equals(checksum(body));
  const deviceId = body.subarray(0, idCharacters).toString('ascii').replace(/(.{4})(?=.)/g, '$1-');
  if (!whole || !isDeviceId(deviceId)) {
    throw new WrongUseError(
      'JOIN_TOKEN', 'The join token is incomplete or mistyped. Copy the whole line that the master printed.',
    );
  }
  return { deviceId, secret: Uint8Array.from(body.subarray(idCharacters)) };
}

/**
 * What a worker sends instead of the secret: bound to both devices, the rank it asks for, and the nonce that the master
 * chose for this connection, so that it is worth nothing anywhere else.
 */
export function joinProof(token: JoinToken, workerId: string, rank: number, nonce: string): string {
  return proofOf(token.secret, 'hearth join', [token.deviceId, workerId, String(rank), nonce]);
}

/** The master's judgement, in constant time. */
export function isJoinProof(given: string, token: JoinToken, workerId: string, rank: number, nonce: string): boolean {
  return sameProof(given, joinProof(token, workerId, rank, nonce));
}

function checksum(body: Uint8Array): Buffer {
  return createHash('sha256').update('hearth join token').update(body).digest().subarray(0, checksumBytes);
}
