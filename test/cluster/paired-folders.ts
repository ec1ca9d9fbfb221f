import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHomeFile } from '../../engine/cluster/home-file.js';
import { joinLists } from '../../engine/cluster/home-list.js';
import { makeIdentity } from '../../engine/cluster/identity.js';
import { ListedDevice } from '../unit/cluster/home-devices.js';

/** Writes identities and the home of laptops that were all paired before, as pairing leaves them. Device IDs by name. */
export async function writePairedFolders(folders: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const devices = await Promise.all([...folders.keys()].map(async (name) => new ListedDevice(await makeIdentity(), name)));
  const [first, ...others] = devices;
  for (const other of others) first!.pair(other);
  const changes = joinLists(...devices.map(({ list }) => list.values()));
  for (const { name, identity } of devices) {
    const folder = folders.get(name)!;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'identity.json'), JSON.stringify({ certificate: identity.certificatePem, key: identity.keyPem }), { mode: 0o600 });
    await writeHomeFile(folder, changes.values());
  }
  return new Map(devices.map(({ name, id }) => [name, id]));
}
