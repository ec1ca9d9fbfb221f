import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cleanDeviceName, defaultDeviceName, loadDeviceName, storeDeviceName,
} from '../../../engine/cluster/device-name.js';
import { deviceNameShape } from '../../../engine/wire/home-change.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-name-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('A device name', () => {
  test('is the host name without its domain until somebody names the device', async () => {
    expect(defaultDeviceName('kitchen.home.arpa')).toBe('kitchen');
    expect(defaultDeviceName('')).toBe('laptop');
    expect(await loadDeviceName(folder)).toBe(defaultDeviceName());
  });

  test('is kept as it was given', async () => {
    expect(await storeDeviceName(join(folder, 'new'), "  Mia's\tlaptop ")).toBe("Mia's laptop");
    expect(await loadDeviceName(join(folder, 'new'))).toBe("Mia's laptop");
  });

  test('that shows nothing is refused', async () => {
    await expect(storeDeviceName(folder, ' \u0000\u200b\n')).rejects.toMatchObject({ code: 'DEVICE_NAME' });
  });

  test('in a damaged file gives way to the host name', async () => {
    await writeFile(join(folder, 'device.json'), '{"name":');
    expect(await loadDeviceName(folder)).toBe(defaultDeviceName());
  });

  test.each([
    ['a line break', 'a\nb', 'a b'],
    ['a terminal escape', '\u001b[31mred', '[31mred'],
    ['a right-to-left override', 'ab\u202ecd', 'abcd'],
    ['half a character', 'a\ud83d', 'a'],
    ['more than 63 bytes', 'ä'.repeat(40), 'ä'.repeat(31)],
  ])('loses %s', (_, given, cleaned) => {
    expect(cleanDeviceName(given)).toBe(cleaned);
  });

  test('once cleaned may be sent, and is clean', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = cleanDeviceName(text);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      expect(cleanDeviceName(name)).toBe(name);
      if (name !== '') expect(deviceNameShape.safeParse(name).success).toBe(true);
    }), { ...seed, numRuns: 300 });
  });
});
