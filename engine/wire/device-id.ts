import { createHash } from 'node:crypto';

/** What a node needs to speak TLS as itself. */
export interface TlsIdentity {
  /** {@link deviceIdOf} the certificate. */
  readonly deviceId: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * A device's name for itself: SHA-256 of its certificate (DER) in base32 (RFC 4648, 52 characters), in groups of four
 * that a person can compare, e.g. `MFRG-GZDF-…`. The certificate is the device: whoever holds its key is that device.
 */
export function deviceIdOf(certificateDer: Uint8Array): string {
  const hash = createHash('sha256').update(certificateDer).digest();
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of hash) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += base32.charAt((held >> (bits - 5)) & 31);
  }
  text += base32.charAt((held << (5 - bits)) & 31);
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

const shape = /^[A-Z2-7]{4}(-[A-Z2-7]{4}){12}$/;

/** Whether `text` has the shape of a device ID. */
export function isDeviceId(text: string): boolean {
  return shape.test(text);
}
