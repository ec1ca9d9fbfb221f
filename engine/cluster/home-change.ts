import { createHash, sign, verify, X509Certificate } from 'node:crypto';
import { deviceIdOf } from '../wire/device-id.js';
import type { AddChange, FoundChange, HomeChange, RemoveChange } from '../wire/home-change.js';
import { canonicalJson } from './canonical-json.js';
import type { Identity } from './identity.js';

export type { AddChange, FoundChange, HomeChange, RemoveChange };

/** A change before it is signed. */
export type UnsignedChange =
  | Omit<FoundChange, 'signature'>
  | Omit<AddChange, 'signature'>
  | Omit<RemoveChange, 'signature'>;

const purpose = 'hearth home change\n';
const encoding = 'ieee-p1363' as const;

/** Who signed a change. */
export function authorOf(change: UnsignedChange): string {
  return change.kind === 'found' ? change.device : change.by;
}

const ids = new WeakMap<HomeChange, string>();

/** A change's name: SHA-256 (64 hex digits) of what it says, without its signature. Changes are never altered. */
export function changeId(change: HomeChange): string {
  const known = ids.get(change);
  if (known !== undefined) return known;
  const id = createHash('sha256').update(signedText(change)).digest('hex');
  ids.set(change, id);
  return id;
}

/** ECDSA P-256 with SHA-256 over the canonical JSON. */
export function signChange(change: UnsignedChange, identity: Identity): HomeChange {
  const key = { key: identity.keyPem, dsaEncoding: encoding };
  const signature = sign('sha256', Buffer.from(signedText(change)), key).toString('base64url');
  return { ...change, signature };
}

/** The certificate of `identity` as changes carry it: DER in base64. */
export function certificateOf(identity: Identity): string {
  return new X509Certificate(identity.certificatePem).raw.toString('base64');
}

/**
 * Whether the change was signed by the key of the device that it names as its author. Whether that device was a member
 * is for the whole list to say.
 * @param certificates by device ID, as `certificatesIn` gives them.
 */
export function isSigned(change: HomeChange, certificates: ReadonlyMap<string, X509Certificate>): boolean {
  if (change.kind !== 'remove' && !isCertificateOf(change.certificate, change.device)) return false;
  const certificate = certificates.get(authorOf(change));
  if (certificate === undefined) return false;
  const key = { key: certificate.publicKey, dsaEncoding: encoding };
  return verify('sha256', Buffer.from(signedText(change)), key, Buffer.from(change.signature, 'base64url'));
}

/** The certificates that changes carry, each by the device ID that it proves; those that prove nothing are left out. */
export function certificatesIn(changes: readonly HomeChange[]): Map<string, X509Certificate> {
  const certificates = new Map<string, X509Certificate>();
  for (const change of changes) {
    if (change.kind === 'remove' || certificates.has(change.device)) continue;
    const certificate = readCertificate(change.certificate);
    if (certificate === undefined || deviceIdOf(certificate.raw) !== change.device) continue;
    certificates.set(change.device, certificate);
  }
  return certificates;
}

function isCertificateOf(certificate: string, device: string): boolean {
  return deviceIdOf(Buffer.from(certificate, 'base64')) === device;
}

/** Undefined for what is no certificate with a P-256 key. */
function readCertificate(base64: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    return certificate.publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? certificate : undefined;
  } catch {
    // What cannot be read proves nothing.
    return undefined;
  }
}

function signedText(change: UnsignedChange | HomeChange): string {
  return purpose + canonicalJson({ ...change, signature: '' });
}
