import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { WrongUseError } from '../errors.js';
import { deviceIdOf, type TlsIdentity } from '../wire/device-id.js';

export { deviceIdOf };

/** This device among others: an ECDSA P-256 key, a certificate it signed itself, and the name that follows from it. */
export type Identity = TlsIdentity;

const fileName = 'identity.json';
const stored = z.strictObject({ certificate: z.string(), key: z.string() });

/**
 * The identity in `folder`, made on the first run: one file, `identity.json`, readable by its owner only and written in
 * one piece, so that key and certificate never part.
 * Throws WrongUseError IDENTITY_DAMAGED when the file does not hold what it should: a new identity would be a new device,
 * so that is for the person to decide.
 */
export async function loadOrCreateIdentity(folder: string): Promise<Identity> {
  const file = join(folder, fileName);
  const text = await readIfThere(file);
  return text === undefined ? createIdentity(folder, file) : parseIdentity(text, file);
}

/** A fresh identity that is kept nowhere. */
export async function makeIdentity(): Promise<Identity> {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + 50);
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'hearth' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // Clocks of laptops differ, and nothing here hangs on the date.
    notBeforeDate: new Date(Date.UTC(2020, 0, 1)),
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    ],
  });
  return { deviceId: deviceIdOf(new X509Certificate(cert).raw), certificatePem: cert, keyPem: key };
}

async function createIdentity(folder: string, file: string): Promise<Identity> {
  const identity = await makeIdentity();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const text = JSON.stringify({ certificate: identity.certificatePem, key: identity.keyPem }, undefined, 2);
    await writeFileAtomic(file, `${text}\n`, { mode: 0o600 });
  } catch (error) {
    const why = (error as Error).message;
    throw new WrongUseError('IDENTITY_UNWRITABLE', `${file}: this device's identity cannot be stored (${why}).`, { cause: error, values: { file } });
  }
  // Of two processes that start at once the last writer wins, and both must be the same device.
  return parseIdentity(await readFile(file, 'utf8'), file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = (error as Error).message;
    throw new WrongUseError('IDENTITY_UNREADABLE', `${file}: this device's identity cannot be read (${why}).`, { cause: error, values: { file } });
  }
}

function parseIdentity(text: string, file: string): Identity {
  try {
    const { certificate: certificatePem, key: keyPem } = stored.parse(JSON.parse(text));
    const certificate = new X509Certificate(certificatePem);
    const key = createPrivateKey(keyPem);
    if (!certificate.checkPrivateKey(key)) throw new Error('key and certificate do not belong together');
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('the key is not on P-256');
    return { deviceId: deviceIdOf(certificate.raw), certificatePem, keyPem };
  } catch (error) {
    throw new WrongUseError(
      'IDENTITY_DAMAGED',
      `${file}: this device's identity is damaged. Put back a copy, or delete the file to become a new device `
      + 'that has to be paired again.',
      { cause: error, values: { file } },
    );
  }
}
