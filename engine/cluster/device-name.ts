import { mkdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { WrongUseError } from '../errors.js';

/** UTF-8 bytes: what one label of an mDNS name holds. */
const maxBytes = 63;
const fileName = 'device.json';
const stored = z.object({ name: z.string() });

/**
 * A name that every screen can show on one line: no control or format characters, single spaces, at most 63
 * bytes of UTF-8, cut between characters. May be empty.
 */
export function cleanDeviceName(text: string): string {
  const plain = text.replace(/[\p{Cf}\p{Cs}\p{Co}]/gu, '').normalize('NFC').replace(/[\p{Z}\p{Cc}]+/gu, ' ').trim();
  let name = '';
  let bytes = 0;
  for (const character of plain) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    name += character;
  }
  return name.trimEnd();
}

/** A name that another device gave itself, fit to be shown: cleaned, and the start of its ID where nothing is left. */
export function shownDeviceName(name: string, deviceId: string): string {
  return cleanDeviceName(name) || deviceId.slice(0, 9);
}

/** What the device is called until somebody names it: the first part of its host name. */
export function defaultDeviceName(host: string = hostname()): string {
  return cleanDeviceName(host.split('.')[0] ?? '') || 'laptop';
}

/** The name in `folder`, beside the identity; the default where none was set or the file says nothing usable. */
export async function loadDeviceName(folder: string): Promise<string> {
  try {
    const { name } = stored.parse(JSON.parse(await readFile(join(folder, fileName), 'utf8')));
    return cleanDeviceName(name) || defaultDeviceName();
  } catch {
    // A name is a convenience: without a readable one the device goes by its host name.
    return defaultDeviceName();
  }
}

/** What a person typed as a name, cleaned. Throws WrongUseError DEVICE_NAME when nothing of it can be shown. */
export function wantedDeviceName(text: string): string {
  const name = cleanDeviceName(text);
  if (name === '') throw new WrongUseError('DEVICE_NAME', 'A device name needs at least one visible character.');
  return name;
}

/** Names the device. Returns the name as cleaned. Throws WrongUseError DEVICE_NAME when nothing of it can be shown. */
export async function storeDeviceName(folder: string, text: string): Promise<string> {
  const name = wantedDeviceName(text);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(folder, fileName), `${JSON.stringify({ name })}\n`, { mode: 0o600 });
  return name;
}
