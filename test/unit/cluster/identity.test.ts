import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceIdOf, loadOrCreateIdentity } from '../../../engine/cluster/identity.js';
import { isDeviceId } from '../../../engine/wire/device-id.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-identity-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('A device ID', () => {
  test('is the SHA-256 of the certificate in base32, in groups of four', () => {
    // SHA-256 of the empty string, by RFC 4648 base32.
    expect(deviceIdOf(new Uint8Array(0)))
      .toBe('4OYM-IQUY-7QOB-JGX3-6TEJ-S35Z-EQT2-4QPE-MSNZ-GTFE-SWMR-W6CS-XBKQ');
  });

  test.each(['', 'ABCD', '4oym-iquy', '1'.repeat(52)])('has a shape that %j has not', (text) => {
    expect(isDeviceId(text)).toBe(false);
  });
});

describe("This device's identity", () => {
  test('is made on the first run and the same ever after', async () => {
    const home = join(folder, 'not', 'there', 'yet');
    const first = await loadOrCreateIdentity(home);
    expect(isDeviceId(first.deviceId)).toBe(true);
    expect(await loadOrCreateIdentity(home)).toEqual(first);
    expect(await readdir(home)).toEqual(['identity.json']);
  });

  test('is a P-256 key in a certificate that it signed itself and that is valid now', async () => {
    const { certificatePem, deviceId } = await loadOrCreateIdentity(folder);
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(new Date(certificate.validFrom).getTime()).toBeLessThan(Date.now());
    expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now() + 20 * 365 * 86_400_000);
    expect(deviceIdOf(certificate.raw)).toBe(deviceId);
  });

  test('differs from device to device', async () => {
    const [a, b] = await Promise.all([loadOrCreateIdentity(join(folder, 'a')), loadOrCreateIdentity(join(folder, 'b'))]);
    expect(a.deviceId).not.toBe(b.deviceId);
  });

  test('can be read by its owner only', async () => {
    await loadOrCreateIdentity(folder);
    expect((await stat(join(folder, 'identity.json'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, 300)],
    ['emptied', () => ''],
    ['given another key', async (text: string) => {
      await loadOrCreateIdentity(join(folder, 'other'));
      const other = JSON.parse(await readFile(join(folder, 'other', 'identity.json'), 'utf8')) as { key: string };
      return JSON.stringify({ ...(JSON.parse(text) as object), key: other.key });
    }],
  ])('that was %s is refused by name, and left as it is', async (_, spoil) => {
    await loadOrCreateIdentity(folder);
    const file = join(folder, 'identity.json');
    const damaged = await spoil(await readFile(file, 'utf8'));
    await writeFile(file, damaged);
    await expect(loadOrCreateIdentity(folder)).rejects.toMatchObject({
      code: 'IDENTITY_DAMAGED', message: expect.stringContaining(file) as string,
    });
    expect(await readFile(file, 'utf8')).toBe(damaged);
  });
});
